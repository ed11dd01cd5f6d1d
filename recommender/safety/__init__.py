"""The safety gate: one pure check per file over the patient's situation and the rules' rows, no learned part."""
