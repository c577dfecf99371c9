//! Reports: pure models built from histories, and one renderer for each format. A renderer writes
//! down what stands in the model; it never computes.

// what everything is made from
pub mod accounting;
pub mod circumstances;
pub mod measured;
pub mod probe_history;
pub mod request;
pub mod service_history;

// the models
pub mod agreements;
pub mod annotated;
pub mod comparison;
pub mod days;
pub mod difference;
pub mod fares;
pub mod incident_list;
pub mod latency;
pub mod latency_list;
pub mod method;
pub mod model;
pub mod moment;
pub mod objectives;
pub mod outage_evidence;
pub mod outage_list;
pub mod own;
pub mod post_mortem;
mod promised;
pub mod run_list;
pub mod status;
pub mod totals;
pub mod unobserved;
pub mod what_if;
pub mod whole_status;
pub mod worst;

// the formats
pub mod format;

// for programs
pub mod csv;
pub mod json;

// for people
pub mod chart;
pub mod charts;
mod columns;
pub mod document;
mod fields;
pub mod html;
pub mod ical;
mod ink;
pub mod markdown;
pub mod meta;
pub mod pdf;
mod places;
pub mod table;
pub mod text;
pub mod wording;
pub mod xlsx;
