//! A run told in full, for who has to find out why something does not hold.
