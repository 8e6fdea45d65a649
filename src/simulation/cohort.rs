//! A cohort from a plan to its last file, on one page.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::Error;
use super::dataset::{Dataset, Run};
use super::film::{self, Film};
use super::forward::{ForwardModel, MESH, Subject, Variation, outputs};
use super::material::Material;
use super::parallel;
use super::plan::{FilmName, Plan, Split};
use super::programme::{Programme, Stock};
use super::random::generator;
use super::speaking::{Spoken, spoken, written};
use super::truth::{self, of_splits};
use crate::brain::Surfaces;
use crate::stimulus::{Ffmpeg, Speech};

/// What is being made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Material,
    Speech,
    Films,
    Scans,
}

/// How much of a step is done. Of the material it is not known how much there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub step: Step,
    pub done: usize,
    pub total: Option<usize>,
}

/// What a cohort is made with.
pub struct Workshop<'a> {
    pub ffmpeg: &'a Ffmpeg,
    pub speech: &'a Speech,
    pub surfaces: &'a Surfaces,
}

/// What was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Made {
    pub films: usize,
    pub texts: usize,
    pub runs: usize,
}

/// Makes a cohort of the stimuli in a folder, and writes it to another one, which is empty or not there yet.
///
/// # Errors
/// [`Error`], which says what is missing. What was written by then stays.
pub fn simulate(
    plan: Plan,
    stimuli: &Path,
    out: &Path,
    workshop: &Workshop,
    tell: &(dyn Fn(Progress) + Sync),
) -> Result<Made, Error> {
    plan.check()?;
    let dataset = Dataset::create(out, plan)?;
    let telling = |step, total| move |done| tell(Progress { step, done, total });
    let mut material = Material::open(stimuli, &telling(Step::Material, None))?;
    let names = plan.films();
    let written = written(&minutes(&plan, &names), plan.seed);
    let spoken = spoken(&written, workshop.speech, plan.seed, &telling(Step::Speech, Some(written.len())))?;
    material.take_voices(&spoken);
    let films = films(&plan, &names, &material, &spoken, workshop, &dataset, &telling(Step::Films, Some(names.len())))?;
    truth::write(&dataset, &films)?;
    let runs = scan(&plan, &films, workshop, &dataset, tell)?;
    Ok(Made { films: films.len(), texts: spoken.len(), runs })
}

/// Length of the films of each split (min).
fn minutes(plan: &Plan, names: &[FilmName]) -> Vec<(Split, f64)> {
    let count = |split| names.iter().filter(|film| film.split == split).count();
    let minutes = Split::ALL.map(|split| (split, count(split) as f64 * plan.film_minutes));
    minutes.into_iter().filter(|(_, minutes)| *minutes > 0.0).collect()
}

fn films(
    plan: &Plan,
    names: &[FilmName],
    material: &Material,
    spoken: &[Spoken],
    workshop: &Workshop,
    dataset: &Dataset,
    done: &(dyn Fn(usize) + Sync),
) -> Result<Vec<Film>, Error> {
    let mut stocks = Split::ALL.map(|split| {
        let own = spoken.iter().enumerate().filter(|(_, spoken)| spoken.split == split);
        let mut supplies = material.supplies(split);
        supplies.utterances = own.map(|(number, spoken)| (number, spoken.utterance)).collect();
        Stock::new(&supplies)
    });
    let mut programmes = Vec::with_capacity(names.len());
    for name in names {
        let mut rng = generator(plan.seed, &name.name);
        let programme = Programme::draw(plan.film_s(), &mut stocks[name.split as usize], &mut rng);
        programmes.push((name, programme.limited_to(name.senses)));
    }
    parallel::each(&programmes, done, |(name, programme)| {
        film::write(name, programme, material, spoken, workshop.ffmpeg, &dataset.stimuli())
    })
}

/// Shows the films to everybody, and returns how many runs that made.
fn scan(
    plan: &Plan,
    films: &[Film],
    workshop: &Workshop,
    dataset: &Dataset,
    tell: &(dyn Fn(Progress) + Sync),
) -> Result<usize, Error> {
    let reference = of_splits(films, &[Split::Train]);
    let courses: Vec<_> = reference.iter().map(|film| &film.courses).collect();
    let outputs = outputs(workshop.surfaces, MESH, plan.subcortex);
    let model = ForwardModel::new(outputs, &courses, plan.tr_s, plan.signal_share);
    let (cohort, held_out) = plan.subject_names();
    dataset.participants(&cohort, &held_out)?;
    let groups = [
        (cohort, Variation::COHORT, [Split::Train, Split::Validation, Split::Test], "study.toml"),
        (held_out, Variation::HELD_OUT, [Split::HeldOut, Split::Test, Split::Test], "study_heldout.toml"),
    ];
    let repeats = |film: &Film| if film.name.split == Split::Test { plan.test_repeats } else { 1 };
    let showings = |splits: &[Split]| of_splits(films, splits).into_iter().map(repeats).sum::<usize>();
    let total = groups.iter().map(|(names, _, splits, _)| names.len() * showings(splits)).sum();
    let before = AtomicUsize::new(0);
    for (names, variation, splits, study) in groups {
        let seen = of_splits(films, &splits);
        let mut runs = Vec::new();
        for name in names {
            let subject = model.subject(&name, plan.seed, variation);
            truth::write_subject(dataset, &model, &subject, &seen, &reference)?;
            let showings: Vec<_> =
                seen.iter().flat_map(|film| (0..repeats(film)).map(move |repeat| (*film, repeat))).collect();
            let done = |_| {
                let done = before.fetch_add(1, Ordering::Relaxed) + 1;
                tell(Progress { step: Step::Scans, done, total: Some(total) });
            };
            runs.extend(parallel::each(&showings, &done, |(film, repeat)| {
                run(plan, &model, &subject, film, *repeat, dataset)
            })?);
        }
        if !runs.is_empty() {
            dataset.study(study, &runs.iter().collect::<Vec<_>>())?;
        }
    }
    Ok(total)
}

fn run(
    plan: &Plan,
    model: &ForwardModel,
    subject: &Subject,
    film: &Film,
    repeat: usize,
    dataset: &Dataset,
) -> Result<Run, Error> {
    let mut rng = generator(plan.seed, &format!("{} {} run {repeat}", subject.name, film.name.name));
    let bold = model.measure(subject, &film.courses, &mut rng);
    dataset.run(&subject.name, &film.name, repeat, &bold)
}
