"""The ranking policy: learnt offline from episodes, evaluated before it may act, bounded by gate and trust region."""
