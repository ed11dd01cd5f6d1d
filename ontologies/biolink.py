"""The Biolink Model's words that this graph uses, as enumerations.

Names follow the Biolink Model (https://w3id.org/biolink/biolink-model); `biolink_slice.tsv` pins the slice of it
that is used here, and a test holds the two together.
"""

from __future__ import annotations

from enum import StrEnum


class Category(StrEnum):
    """What a node is; the value is the Biolink class name and the node's second label."""

    DISEASE = "Disease"
    DRUG = "Drug"
    PHENOTYPIC_FEATURE = "PhenotypicFeature"
    GENE = "Gene"
    PROTEIN = "Protein"
    SEQUENCE_VARIANT = "SequenceVariant"
    CHEMICAL_ENTITY = "ChemicalEntity"
    PROCEDURE = "Procedure"
    CLINICAL_FINDING = "ClinicalFinding"
    ANATOMICAL_ENTITY = "AnatomicalEntity"
    BIOLOGICAL_PROCESS = "BiologicalProcess"
    MOLECULAR_ACTIVITY = "MolecularActivity"
    CELLULAR_COMPONENT = "CellularComponent"
    CELL = "Cell"
    PATHWAY = "Pathway"
    GENE_FAMILY = "GeneFamily"
    ORGANISM_TAXON = "OrganismTaxon"
    NAMED_THING = "NamedThing"


class Predicate(StrEnum):
    """What an edge says; the value is the Biolink predicate, its upper-case form the relationship type."""

    TREATS = "treats"
    PREVENTS = "preventative_for_condition"
    AMELIORATES = "ameliorates_condition"
    CONTRAINDICATED_IN = "contraindicated_in"
    INTERACTS_WITH = "interacts_with"
    PHYSICALLY_INTERACTS_WITH = "physically_interacts_with"
    REGULATES = "regulates"
    BINDS = "directly_physically_interacts_with"
    HAS_SIDE_EFFECT = "has_side_effect"
    HAS_ADVERSE_EVENT = "has_adverse_event"
    CAUSES = "causes"
    EXACERBATES = "exacerbates_condition"
    HAS_PHENOTYPE = "has_phenotype"
    GENE_ASSOCIATED_WITH_CONDITION = "gene_associated_with_condition"
    BIOMARKER_FOR = "biomarker_for"
    ASSOCIATED_WITH_RESPONSE_TO = "associated_with_response_to"
    AFFECTS = "affects"
    UPREGULATES = "positively_correlated_with"
    DOWNREGULATES = "negatively_correlated_with"
    EXPRESSED_IN = "expressed_in"
    LOCATED_IN = "located_in"
    PARTICIPATES_IN = "participates_in"
    ACTIVELY_INVOLVED_IN = "actively_involved_in"
    CORRELATED_WITH = "correlated_with"
    COEXPRESSED_WITH = "coexpressed_with"
    SIMILAR_TO = "similar_to"
    CHEMICALLY_SIMILAR_TO = "chemically_similar_to"
    SUBCLASS_OF = "subclass_of"
    PART_OF = "part_of"
    ASSOCIATED_WITH = "associated_with"
    RELATED_TO = "related_to"
    OCCURS_TOGETHER_WITH = "occurs_together_in_literature_with"
    MANIFESTATION_OF = "manifestation_of"
    DISEASE_HAS_LOCATION = "disease_has_location"

    @property
    def relationship_type(self) -> str:
        """The relationship type in the graph, e.g. `HAS_PHENOTYPE`."""
        return self.value.upper()

    @classmethod
    def from_relationship_type(cls, relationship_type: str) -> Predicate:
        """Return the predicate of a relationship type; ValueError when there is none."""
        return cls(relationship_type.lower())


class KnowledgeLevel(StrEnum):
    """How strong an edge's statement is (Biolink `KnowledgeLevelEnum`)."""

    KNOWLEDGE_ASSERTION = "knowledge_assertion"
    LOGICAL_ENTAILMENT = "logical_entailment"
    PREDICTION = "prediction"
    STATISTICAL_ASSOCIATION = "statistical_association"
    TEXT_CO_OCCURRENCE = "text_co_occurrence"
    OBSERVATION = "observation"
    NOT_PROVIDED = "not_provided"


class AgentType(StrEnum):
    """Who made an edge's statement (Biolink `AgentTypeEnum`)."""

    MANUAL_AGENT = "manual_agent"
    AUTOMATED_AGENT = "automated_agent"
    DATA_ANALYSIS_PIPELINE = "data_analysis_pipeline"
    COMPUTATIONAL_MODEL = "computational_model"
    TEXT_MINING_AGENT = "text_mining_agent"
    IMAGE_PROCESSING_AGENT = "image_processing_agent"
    MANUAL_VALIDATION_OF_AUTOMATED_AGENT = "manual_validation_of_automated_agent"
    NOT_PROVIDED = "not_provided"
