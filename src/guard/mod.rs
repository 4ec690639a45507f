//! Guards: one rule a file, a registry, levels and waivers.
