//! The computing of parts on all threads: blocks are taken in the order of the schedule, and folded in order to parts.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, mpsc};
use std::time::{Duration, Instant};

use super::aside::aside;
use super::in_order::InOrder;
use super::one_by_one::Simulator;
use super::simulator::simulator;
use crate::lindblad::Effort;
use crate::plan::{Part, Plan};
use crate::scenario::Point;
use crate::solve::ExactRoad;
use crate::store::PartResult;
use crate::trajectory::Interrupt;

/// How often the caller hears something.
const TICK: Duration = Duration::from_millis(20);

/// What the threads have done so far at one point.
#[derive(Debug, Default)]
pub struct Tally {
    pub trajectories: AtomicU64,
    pub jumps: AtomicU64,
    pub nanoseconds: AtomicU64,
}

/// What the caller hears of the threads.
pub enum News {
    /// A part is done.
    Part(Part, Box<PartResult>),
    /// Some time has gone by.
    Tick,
}

/// A part in work.
struct Job {
    part: Part,
    blocks: Vec<(u64, u64)>,
    /// How many blocks are folded.
    folded: AtomicU64,
    fold: Mutex<Fold>,
}

struct Fold {
    /// `None` once it was handed on.
    whole: Option<PartResult>,
    blocks: InOrder<PartResult>,
}

impl Job {
    /// Takes the result of a block; the last one gives the part.
    fn add(&self, block: u64, result: PartResult) -> Option<PartResult> {
        let mut fold = lock(&self.fold);
        let Fold { whole, blocks } = &mut *fold;
        let turn = blocks.take(block, result, |result| {
            if let Some(whole) = whole {
                whole.merge(result);
            }
        });
        self.folded.store(turn, Ordering::Relaxed);
        if turn == self.blocks.len() as u64 { whole.take() } else { None }
    }
}

/// What there is to be computed next.
pub enum Next {
    Part(Part),
    /// Others have in hand what is left, and may leave it lying.
    Wait,
    End,
}

/// Parts one after the other.
pub fn in_turn(mut parts: impl Iterator<Item = Part> + Send) -> impl FnMut() -> Next + Send {
    move || parts.next().map_or(Next::End, Next::Part)
}

/// What is left to be taken.
struct Queue<P> {
    next: P,
    job: Option<(Arc<Job>, u64)>,
    /// The exact solutions that are yet to be taken, the last first.
    exact: Vec<usize>,
    /// Whether it is the turn of an exact solution.
    exact_next: bool,
}

enum Task {
    Exact(usize),
    Block(Arc<Job>, u64),
    Wait,
}

impl<P: FnMut() -> Next> Queue<P> {
    fn take(&mut self, plan: &Plan) -> Option<Task> {
        if let Some((job, block)) = &mut self.job {
            *block += 1;
            if (*block as usize) < job.blocks.len() {
                return Some(Task::Block(job.clone(), *block));
            }
            self.job = None;
        }
        // Exact solutions run beside the parts: one with each.
        self.exact_next = !self.exact_next;
        if self.exact_next
            && let Some(point) = self.exact.pop()
        {
            return Some(Task::Exact(point));
        }
        let part = match (self.next)() {
            Next::Part(part) => part,
            Next::Wait => return Some(self.exact.pop().map_or(Task::Wait, Task::Exact)),
            Next::End => return self.exact.pop().map(Task::Exact),
        };
        let fold = Fold { whole: Some(PartResult::new(&plan.points[part.point])), blocks: InOrder::new() };
        let blocks = plan.blocks(part).collect();
        let job = Arc::new(Job { part, blocks, folded: AtomicU64::new(0), fold: Mutex::new(fold) });
        self.job = Some((job.clone(), 0));
        Some(Task::Block(job, 0))
    }
}

/// A panic elsewhere ends the run by itself; nothing that a lock guards is left half-done by one.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Should a task panic, the other threads must not go on for ever.
struct StopOnPanic<'a>(&'a Interrupt);

impl Drop for StopOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.set();
        }
    }
}

/// Exact solutions by point, as far as they were solved.
pub type Exacts = Vec<OnceLock<ExactRoad>>;

/// Computes the parts that come `next` on `threads` threads, and the `exact` points' solutions beside them, until all is done, `stop` is
/// set or `hear` fails. `hear` runs on the calling thread; parts come as they are done, each once.
///
/// # Errors
/// What `hear` returns, or threads that cannot be started.
pub fn compute<E: From<rayon::ThreadPoolBuildError>>(
    plan: &Plan,
    next: impl FnMut() -> Next + Send,
    exact: Vec<usize>,
    threads: usize,
    (stop, tallies): (&Interrupt, &[Tally]),
    mut hear: impl FnMut(News) -> Result<(), E>,
) -> Result<Exacts, E> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    let roads: Exacts = plan.points.iter().map(|_| OnceLock::new()).collect();
    let queue = Mutex::new(Queue { next, job: None, exact, exact_next: false });
    // Set where the run is stopped, or given up.
    let ended = stop.inner();
    let stopped = || ended.is_set();
    // How far blocks may run ahead of their fold, and so how many results wait in memory.
    let ahead = 2 * threads as u64;
    let (sender, receiver) = mpsc::sync_channel(threads);

    let worker = |sender: mpsc::SyncSender<(Part, PartResult)>| {
        let _guard = StopOnPanic(&ended);
        // Tables that take long to make serve all blocks of a point.
        let mut at_hand: Option<(usize, Box<dyn Simulator>)> = None;
        while !stopped() {
            let Some(task) = lock(&queue).take(plan) else { return };
            match task {
                Task::Wait => std::thread::sleep(TICK),
                Task::Exact(point) => {
                    let solved = solve_beside(&plan.points[point], &ended);
                    solved.into_iter().for_each(|road| drop(roads[point].set(road)));
                }
                Task::Block(job, block) => {
                    while block >= job.folded.load(Ordering::Relaxed) + ahead && !stopped() {
                        std::thread::sleep(Duration::from_millis(1));
                    }
                    let started = Instant::now();
                    let of = &plan.points[job.part.point];
                    let (_, ready) = match at_hand.take().filter(|(point, _)| *point == job.part.point) {
                        Some(ready) => at_hand.insert(ready),
                        None => at_hand.insert((job.part.point, simulator(of, &ended))),
                    };
                    let Some(result) = run_block_by(&mut **ready, of, job.blocks[block as usize]) else { return };
                    let tally = &tallies[job.part.point];
                    tally.trajectories.fetch_add(job.blocks[block as usize].1, Ordering::Relaxed);
                    tally.jumps.fetch_add(result.averages.ensemble.jumps, Ordering::Relaxed);
                    tally.nanoseconds.fetch_add(started.elapsed().as_nanos() as u64, Ordering::Relaxed);
                    if let Some(whole) = job.add(block, result)
                        && sender.send((job.part, whole)).is_err()
                    {
                        return;
                    }
                }
            }
        }
    };

    pool.in_place_scope(|scope| {
        for _ in 0..threads {
            let (sender, worker) = (sender.clone(), &worker);
            scope.spawn(move |_| worker(sender));
        }
        drop(sender);
        let mut result = Ok(());
        let mut ticked = Instant::now();
        loop {
            let news = match receiver.recv_timeout(TICK) {
                Ok((part, whole)) => News::Part(part, Box::new(whole)),
                Err(mpsc::RecvTimeoutError::Timeout) => News::Tick,
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
            };
            if result.is_ok() {
                result = hear(news);
                if ticked.elapsed() >= TICK && result.is_ok() {
                    ticked = Instant::now();
                    result = hear(News::Tick);
                }
            }
            if result.is_err() {
                ended.set();
            }
        }
        result
    })?;
    Ok(roads)
}

/// The exact solution of a point beside its estimates; `None` where it was interrupted.
pub fn solve_beside(point: &Point, interrupt: &Interrupt) -> Option<ExactRoad> {
    let point = point.clone();
    aside(interrupt, move || ExactRoad::new(&point, Effort::Beside))
}

/// Runs the trajectories of one block; `None` where they were interrupted.
pub fn run_block(point: &Point, block: (u64, u64), interrupt: &Interrupt) -> Option<PartResult> {
    run_block_by(&mut *simulator(point, interrupt), point, block)
}

/// The same by a simulator of the point that there is already.
fn run_block_by(simulator: &mut dyn Simulator, point: &Point, (first, count): (u64, u64)) -> Option<PartResult> {
    let mut result = PartResult::new(point);
    simulator.trajectories(first, count, &mut |number, path| result.push(point, number, path))?;
    Some(result)
}
