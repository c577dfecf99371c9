//! The figures of many runs, setting by setting.

use super::Run;
use super::case::Setting;
use super::figures::Figures;
use super::rules::Rule;

/// What came of the runs with one setting.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cell {
    /// By each rule.
    pub(crate) endpoints: [Figures; Rule::ALL.len()],
    pub(crate) platforms: Figures,
}

#[derive(Debug)]
pub(crate) struct Tally {
    /// By setting; without the observer's own trouble, and with it.
    calm: Vec<Cell>,
    troubled: Vec<Cell>,
    pub(crate) runs: u64,
    /// Outages of the service; each is one however many endpoints it takes down.
    pub(crate) outages: u64,
    pub(crate) askings: u64,
    /// Runs in which something did not hold.
    pub(crate) wrong_runs: u64,
}

impl Tally {
    pub(crate) fn new() -> Self {
        Self {
            calm: vec![Cell::default(); Setting::COUNT],
            troubled: vec![Cell::default(); Setting::COUNT],
            runs: 0,
            outages: 0,
            askings: 0,
            wrong_runs: 0,
        }
    }

    pub(crate) fn add(&mut self, run: &Run) {
        let cells = if run.case.is_troubled {
            &mut self.troubled
        } else {
            &mut self.calm
        };
        cells[run.case.setting.index()].add(&run.figures, &run.platform_figures);
        self.runs += 1;
        self.outages += run.world.outages() as u64;
        self.askings += run.observed.askings;
        self.wrong_runs += u64::from(!run.wrong.is_empty());
    }

    /// Of all the settings that are chosen, together.
    pub(crate) fn of(&self, is_troubled: bool, is_chosen: impl Fn(Setting) -> bool) -> Cell {
        let cells = if is_troubled {
            &self.troubled
        } else {
            &self.calm
        };
        let mut sum = Cell::default();
        for (index, cell) in cells.iter().enumerate() {
            if is_chosen(Setting::nth(index)) {
                sum.add(&cell.endpoints, &cell.platforms);
            }
        }
        sum
    }
}

impl Cell {
    fn add(&mut self, endpoints: &[Figures; Rule::ALL.len()], platforms: &Figures) {
        self.platforms += *platforms;
        for (sum, figures) in self.endpoints.iter_mut().zip(endpoints) {
            *sum += *figures;
        }
    }
}
