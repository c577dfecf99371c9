//! What is reported of outages is true of them: a short version of `cargo bench --bench truth`.

#[path = "support/truth/mod.rs"]
mod truth;

use truth::Run;

#[test]
fn the_truth_lies_within_the_bounds() {
    let mut outages = 0;
    for seed in 0..200 {
        let run = Run::of(seed);
        outages += run.world.outages();
        assert!(
            run.wrong.is_empty(),
            "seed {seed} {}: {:#?}",
            run.case.setting,
            &run.wrong[..run.wrong.len().min(3)]
        );
    }
    assert!(outages > 3_000, "{outages}");
}
