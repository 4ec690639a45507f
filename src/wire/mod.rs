//! REST shapes as the vendor writes them.
