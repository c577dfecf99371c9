//! How what is observed is stored.

use super::Shape::{Def, Kept, OneOf, Words};
use super::{Shape, keys};

const KEPT: Shape = OneOf(&[Words(&["forever"]), Kept]);

keys! {
    /// Of the whole daemon, in whichever file.
    STORAGE;
    "durability" = "full": Words(&["full", "normal"]), ["normal"],
        "What a power cut may cost: with full nothing that was stored; with normal the latest, what the system had not written yet. A crash of the program alone costs nothing either way.";
    "retention": Def("retention"), ["{ observations: 30d }"],
        "How long what is stored is kept. Outages are kept for ever.";
}

keys! {
    /// How long each tier is kept.
    RETENTION;
    "observations" = "90d": KEPT, ["30d", "26w", "forever"],
        "Single observations: at least 2d.";
    "hourly" = "forever": KEPT, ["730d"],
        "Counts and latencies of each hour. At least as long as observations.";
    "daily" = "forever": KEPT, ["3650d"],
        "Counts and latencies of each day. At least as long as observations.";
}
