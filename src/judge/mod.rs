//! What the undecided are asked, and what the replies mean.
