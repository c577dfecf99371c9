//! What must hold of any page.
