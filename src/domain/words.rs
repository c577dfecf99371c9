//! Enumerations that stand as fixed words in YAML, JSON, SQL and on the command line.

/// A word that is none of an enumeration's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no {what}; use one of {}", known.join(", "))]
pub struct UnknownWord {
    pub what: &'static str,
    pub text: String,
    pub known: Vec<&'static str>,
}

/// Makes one, with `as_str`, `Display` and `FromStr`.
macro_rules! words {
    ($(#[$attr:meta])* $name:ident, $what:literal { $($(#[$vattr:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$attr])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $name { $($(#[$vattr])* $variant,)+ }

        impl $name {
            /// All, in order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::domain::words::UnknownWord;

            fn from_str(text: &str) -> Result<Self, $crate::domain::words::UnknownWord> {
                Self::ALL.iter().copied().find(|word| word.as_str() == text).ok_or_else(|| $crate::domain::words::UnknownWord {
                    what: $what,
                    text: text.to_owned(),
                    known: Self::ALL.iter().map(|word| word.as_str()).collect(),
                })
            }
        }
    };
}
