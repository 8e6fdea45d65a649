//! A film seen by 17 people: how alike their responses are, and how well what is in each segment predicts them.

use std::error::Error;
use std::ops::Range;
use std::path::Path;

use encortex::analysis::encoding::{
    BandedRidge, Bands, CircularShifts, Criterion, Delays, GroupPrediction, LinearModel, PairedTest, Ridge, Runs,
    SavitzkyGolay, SplitHalf, Standardised, draw_shares, intersubject_correlation, score, share,
};
use ndarray::{Array1, Array2, Array3, Axis, concatenate, s};
use ndarray_npy::read_npy;
use tokio_util::sync::CancellationToken;

use super::arrays::mean;
use super::segments;
use super::table::Table;

const TR_S: f64 = 1.5;
const ROWS: usize = 1976;
const SUBJECTS: usize = 17;
const ROIS: [&str; 6] = ["auditory", "early visual", "PMC", "parahippocampal", "mPFC", "hippocampus"];
/// The runs of the scanner.
const PARTS: [Range<usize>; 2] = [0..946, 946..ROWS];
/// Delays of 1.5 to 9 s: the responses were shifted back by three samples before they were published.
const DELAYS: Range<isize> = -2..4;
const FOLDS: usize = 10;
/// Groups of runs of the fits within a fold, and mixtures of the bands.
const GROUPS: usize = 3;
const DRAWS: usize = 4;

/// The responses of all viewers, `(region, viewer, time)`, as published, and less the drift of each run.
struct Viewers {
    published: Array3<f32>,
    detrended: Array3<f32>,
}

pub(crate) fn compare(folder: &Path, table: &mut Table) -> Result<(), Box<dyn Error>> {
    let viewers = Viewers::read(folder)?;
    alike(&viewers, table)?;
    let described = prepared(segments::features(folder)?)?;
    let words = prepared(segments::words(folder)?)?;
    let predicted = blocked(&described, None, &viewers)?;
    let scores = group(&predicted, &viewers)?;
    table.at_least("FIR ridge of 10 features, 10 blocks: group r, auditory", scores.by_block[0], 0.65);
    table.at_least("  early visual", scores.by_block[1], 0.33);
    for (region, name) in ROIS.iter().enumerate().skip(2) {
        table.note(&format!("  {name}"), scores.by_block[region]);
    }
    for (region, name) in ROIS.iter().enumerate().take(2) {
        table.note(&format!("  {name}, of all blocks in one series"), scores.whole.r[region].into());
        let chance: f64 = scores.whole.r_at_5_percent[region].into();
        let what = format!("  {name} above 95 % of the circular shifts (r {chance:.3}), p");
        table.holds(
            &format!("{what} {:.4}", scores.whole.significance.p[region]),
            scores.whole.significance.p[region] < 0.05,
        );
    }
    let with_words = group(&blocked(&described, Some(&words), &viewers)?, &viewers)?;
    for (region, name) in ROIS.iter().enumerate() {
        table.note(&format!("with the words of the descriptions: {name}"), with_words.by_block[region]);
    }
    subjects(&described, &words, &viewers, table)
}

impl Viewers {
    fn read(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let published: Array3<f32> = read_npy(folder.join("roi_timecourses.npy"))?;
        let series = published.to_shape((ROIS.len() * SUBJECTS, ROWS))?.t().to_owned();
        let detrended = prepared(series)?.t().to_owned().into_shape_with_order((ROIS.len(), SUBJECTS, ROWS))?;
        Ok(Self { published, detrended })
    }

    /// The mean of the viewers, standardised: `(time, region)`.
    fn mean(&self) -> Result<Array2<f32>, Box<dyn Error>> {
        Ok(Standardised::new(self.detrended.mean_axis(Axis(1)).ok_or("there are viewers")?.t()).values)
    }

    /// Every region of every viewer: `(time, region and viewer)`.
    fn every(&self) -> Result<Array2<f32>, Box<dyn Error>> {
        Ok(self.detrended.to_shape((ROIS.len() * SUBJECTS, ROWS))?.t().to_owned())
    }
}

/// Each part of a series `(time, column)` less its drift over 240 s, and standardised.
fn prepared(series: Array2<f32>) -> Result<Array2<f32>, Box<dyn Error>> {
    let filter = SavitzkyGolay::of_seconds(240.0, TR_S, 3)?;
    let mut prepared = series;
    for part in PARTS {
        let mut part = prepared.slice_mut(s![part, ..]);
        let run = Standardised::new(filter.detrend(part.view())?.view()).values;
        part.assign(&run);
    }
    Ok(prepared)
}

/// `(viewer, time, region)`.
fn by_viewer(series: &Array3<f32>) -> Array3<f32> {
    series.clone().permuted_axes([1, 2, 0])
}

fn alike(viewers: &Viewers, table: &mut Table) -> Result<(), Box<dyn Error>> {
    let r = intersubject_correlation(by_viewer(&viewers.detrended).view())?;
    let published = intersubject_correlation(by_viewer(&viewers.published).view())?;
    for (region, (name, reported)) in ROIS.iter().zip([0.63, 0.66, 0.44]).enumerate() {
        table.near(&format!("leave-one-out correlation of viewers, {name}"), mean(r.column(region)), reported);
    }
    for (region, name) in ROIS.iter().enumerate().take(3) {
        table.note(&format!("  the same with drifts, {name}"), mean(published.column(region)));
    }
    let halves = SplitHalf::new(by_viewer(&viewers.published).view(), 0)?;
    for (region, (name, reported)) in ROIS.iter().zip([0.94, 0.94, 0.85]).enumerate() {
        table.near(&format!("split-half reliability, {name}"), halves.reliability[region].into(), reported);
    }
    Ok(())
}

/// Features with their delays, which do not reach from one part into the other.
fn delayed(features: &Array2<f32>) -> Result<Array2<f32>, Box<dyn Error>> {
    let delays = Delays::new(DELAYS)?;
    let parts = PARTS.map(|part| delays.apply(features.slice(s![part, ..])));
    Ok(concatenate(Axis(0), &parts.each_ref().map(|part| part.view()))?)
}

/// A model of rows that are no run of `left_out`: a ridge, or a banded ridge where there are words beside the features.
fn fit(
    described: &Array2<f32>,
    words: Option<&Array2<f32>>,
    responses: &Array2<f32>,
    blocks: &[Range<usize>],
) -> Result<LinearModel, Box<dyn Error>> {
    let features = beside(described, words)?;
    let mut runs = Runs::new(features.ncols(), responses.ncols(), if words.is_some() { GROUPS } else { blocks.len() })?;
    for block in blocks {
        runs.add(features.slice(s![block.clone(), ..]), responses.slice(s![block.clone(), ..]))?;
    }
    let (ridge, token) = (Ridge::default(), CancellationToken::new());
    Ok(match words {
        None => ridge.fit(&runs, None, &token)?.model,
        Some(words) => {
            let bands = Bands::new([described.ncols(), words.ncols()])?;
            let shares = draw_shares(bands.count(), DRAWS, 0)?;
            let penalties = ridge.penalties;
            BandedRidge { bands, penalties, shares, criterion: Criterion::RSquared }.fit(&runs, &token)?.model
        }
    })
}

fn beside(described: &Array2<f32>, words: Option<&Array2<f32>>) -> Result<Array2<f32>, Box<dyn Error>> {
    Ok(match words {
        None => described.clone(),
        Some(words) => concatenate(Axis(1), &[described.view(), words.view()])?,
    })
}

/// The mean response `(time, region)` as predicted for each of ten blocks by a model of the others.
fn blocked(
    described: &Array2<f32>,
    words: Option<&Array2<f32>>,
    viewers: &Viewers,
) -> Result<Array2<f32>, Box<dyn Error>> {
    let (described, words) = (delayed(described)?, words.map(delayed).transpose()?);
    let responses = viewers.mean()?;
    let mut predicted = Array2::zeros(responses.dim());
    for left_out in blocks() {
        let others: Vec<Range<usize>> = blocks().filter(|block| *block != left_out).collect();
        let model = fit(&described, words.as_ref(), &responses, &others)?;
        let features = beside(&described, words.as_ref())?;
        let rows = s![left_out, ..];
        predicted.slice_mut(rows).assign(&model.predict(features.slice(rows))?);
    }
    Ok(predicted)
}

/// As `numpy.array_split`.
fn blocks() -> impl Iterator<Item = Range<usize>> {
    let (size, larger) = (ROWS / FOLDS, ROWS % FOLDS);
    let start = move |fold: usize| fold * size + fold.min(larger);
    (0..FOLDS).map(move |fold| start(fold)..start(fold + 1))
}

struct Group {
    /// Mean over blocks, a region each.
    by_block: Vec<f64>,
    whole: encortex::analysis::encoding::ShiftTest,
}

fn group(predicted: &Array2<f32>, viewers: &Viewers) -> Result<Group, Box<dyn Error>> {
    let responses = viewers.mean()?;
    let of_block = |block: Range<usize>| {
        let rows = s![block, ..];
        Ok::<_, encortex::analysis::encoding::Error>(score(predicted.slice(rows), responses.slice(rows))?.r)
    };
    let r: Vec<Array1<f32>> = blocks().map(of_block).collect::<Result<_, _>>()?;
    let by_block = (0..ROIS.len()).map(|region| mean(r.iter().map(|r| &r[region]))).collect();
    let shifts = CircularShifts { least: 40, draws: 2000, seed: 0 };
    Ok(Group { by_block, whole: shifts.test(predicted.view(), responses.view())? })
}

/// Each viewer's model is fitted on part 1 and scored on part 2, beside what the other viewers say of it.
fn subjects(
    described: &Array2<f32>,
    words: &Array2<f32>,
    viewers: &Viewers,
    table: &mut Table,
) -> Result<(), Box<dyn Error>> {
    let (described, words) = (delayed(described)?, delayed(words)?);
    let responses = viewers.every()?;
    let [first, second] = PARTS;
    let size = first.len().div_ceil(FOLDS);
    let blocks: Vec<Range<usize>> = first.clone().step_by(size).map(|from| from..first.end.min(from + size)).collect();
    let measured = responses.slice(s![second.clone(), ..]);
    let people = by_viewer(&viewers.detrended).slice_move(s![.., second.clone(), ..]);
    let ceiling = intersubject_correlation(people.view())?;
    let mut r = Vec::new();
    for words in [None, Some(&words)] {
        let model = fit(&described, words, &responses, &blocks)?;
        let predicted = model.predict(beside(&described, words)?.slice(s![second.clone(), ..]))?;
        r.push(score(predicted.view(), measured)?.r.into_shape_with_order((ROIS.len(), SUBJECTS))?.t().to_owned());
    }
    for (region, name) in ROIS.iter().enumerate() {
        let of_viewers = share(&r[0].column(region).to_owned(), &ceiling.column(region).to_owned());
        let what = format!("a viewer's part 2 from its part 1, {name}: r, share {:.2}", mean(&of_viewers));
        table.note(&what, mean(r[0].column(region)));
    }
    let test = PairedTest::new(r[1].view(), r[0].view())?;
    for (region, name) in ROIS.iter().enumerate() {
        table.note(&format!("  gain by words, {name}, q {:.3}", test.q[region]), test.difference[region]);
    }
    table.holds(
        "  a viewer's auditory response is predicted in 16 or more",
        r[0].column(0).iter().filter(|r| **r > 0.1).count() >= 16,
    );
    let of_group = fit(&described, None, &viewers.mean()?, &blocks)?.predict(described.slice(s![second, ..]))?;
    let cohort = GroupPrediction::new(of_group.view(), people.view())?;
    for (region, name) in ROIS.iter().enumerate().take(2) {
        let exceeded = cohort.share_exceeded()[region];
        let what = format!("part 2 of the mean viewer, {name}: R_group, exceeds {exceeded:.2} of viewers");
        table.note(&what, cohort.group[region].into());
    }
    Ok(())
}
