"""Gradient-trained models over all relations at once: ComplEx and RotatE, alone or after an R-GCN encoder."""
