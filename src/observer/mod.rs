//! Is it us? Whether a failure is the endpoint's, or that of the network or the name servers that
//! we ask through.
//!
//! When probes fail, controls are asked: endpoints of others that answer as long as our own network
//! works. Nothing is asked while all is well. The rounds of questions are shared by all failures
//! that they can speak for.

pub mod controls;

mod ledger;
#[cfg(test)]
mod ledger_tests;
mod lifeline;
mod reach;
mod round;
#[cfg(test)]
mod tests;

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use controls::{Controls, is_proven, is_verified, url_reach};
use ledger::Verdict;
use lifeline::{Lifeline, moment};
use reach::Reach;
use round::{ask_controls, ask_name_servers};

use crate::clock::Clock;
use crate::domain::observation::{Cause, Outcome, Reason};
use crate::domain::time::Micros;
use crate::domain::trouble::Trouble;
use crate::prober::Reply;
use crate::prober::inquiry::Inquiry;

pub use ledger::{Failed, Moment};
pub use round::Asks;

/// Watches over the lifelines of all probes. Everything runs on the thread that polls
/// [`Observer::trouble`].
pub struct Observer<A> {
    means: Rc<Means<A>>,
    /// By the address of the controls, which its entry keeps alive. Equal ones share a watch.
    watches: RefCell<HashMap<*const Controls, Entry>>,
    attending: RefCell<FuturesUnordered<Attending>>,
}

struct Entry {
    controls: Arc<Controls>,
    watch: Rc<Watch>,
}

type Attending = Pin<Box<dyn Future<Output = ()>>>;

struct Means<A> {
    asks: A,
    clock: Clock,
    /// That are over, and not yet handed on.
    troubles: RefCell<VecDeque<Trouble>>,
}

/// The lifelines of the probes that have equal controls.
struct Watch {
    controls: Arc<Controls>,
    network: Lifeline,
    /// By the name servers; the system's by an empty list.
    resolvers: RefCell<HashMap<Vec<SocketAddr>, Rc<Lifeline>>>,
    /// What a success must be like to prove as much as the weakest of the controls does.
    reach: Cell<Reach>,
    proven: bool,
}

/// Why a failure says nothing about the endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ours {
    pub reason: Reason,
    /// What the controls said.
    pub said: Arc<str>,
}

/// How long an answer may take before the controls are asked without waiting for the failure; a
/// quarter of the timeout, if that is less.
pub const OVERDUE_MAX: Duration = Duration::from_secs(2);

impl<A: Asks + 'static> Observer<A> {
    pub fn new(asks: A, clock: Clock) -> Self {
        Self {
            means: Rc::new(Means {
                asks,
                clock,
                troubles: RefCell::default(),
            }),
            watches: RefCell::default(),
            attending: RefCell::default(),
        }
    }

    /// Watches over these probes, and no others. What is known of controls that were there before
    /// is kept.
    pub fn adopt<'c>(&self, probes: impl IntoIterator<Item = (&'c Arc<Controls>, &'c Inquiry)>) {
        let mut in_use: Vec<Rc<Watch>> = Vec::new();
        for (controls, inquiry) in probes {
            let watch = self.watch_over(controls);
            for step in &inquiry.steps {
                self.watch_resolver(&watch, &step.request.transport.dns_servers);
            }
            if !in_use.iter().any(|known| Rc::ptr_eq(known, &watch)) {
                in_use.push(watch);
            }
        }
        let now = moment(&self.means.clock);
        self.watches.borrow_mut().retain(|_, entry| {
            if in_use.iter().any(|watch| Rc::ptr_eq(watch, &entry.watch)) {
                // an asking under way may still have controls that no probe has any more
                return Arc::strong_count(&entry.controls) > 1;
            }
            self.means
                .troubles
                .borrow_mut()
                .extend(entry.watch.close(now));
            false
        });
    }

    fn watch_over(&self, controls: &Arc<Controls>) -> Rc<Watch> {
        let mut watches = self.watches.borrow_mut();
        if let Some(entry) = watches.get(&Arc::as_ptr(controls)) {
            return Rc::clone(&entry.watch);
        }
        let equal = watches
            .values()
            .find(|entry| entry.watch.controls.same_as(controls));
        let watch = match equal {
            Some(entry) => Rc::clone(&entry.watch),
            None => self.new_watch(controls),
        };
        let entry = Entry {
            controls: Arc::clone(controls),
            watch: Rc::clone(&watch),
        };
        watches.insert(Arc::as_ptr(controls), entry);
        watch
    }

    fn new_watch(&self, controls: &Arc<Controls>) -> Rc<Watch> {
        let watch = Rc::new(Watch {
            controls: Arc::clone(controls),
            network: Lifeline::new(Reason::ObserverOffline, "our network".to_owned(), controls),
            resolvers: RefCell::default(),
            reach: Cell::new(controls.reach()),
            proven: controls.are_proven(),
        });
        let (means, attended) = (Rc::clone(&self.means), Rc::clone(&watch));
        self.attending.borrow().push(Box::pin(async move {
            let ask = async || {
                let found = ask_controls(&means.asks, &attended.controls, means.clock.now()).await;
                let nearest = found.reach.map(|reach| reach.min(attended.reach.get()));
                if let Some(nearest) = nearest {
                    attended.reach.set(nearest);
                }
                found
            };
            let over = |trouble| means.troubles.borrow_mut().push_back(trouble);
            attended.network.attend(&means.clock, ask, over).await;
        }));
        watch
    }

    fn watch_resolver(&self, watch: &Rc<Watch>, servers: &[SocketAddr]) {
        if watch.resolvers.borrow().contains_key(servers) {
            return;
        }
        let name = match servers {
            [] => "the system's name server".to_owned(),
            [one] => format!("name server {one}"),
            [first, ..] => format!("name server {first} and those after it"),
        };
        let resolver = Rc::new(Lifeline::new(Reason::Resolver, name, &watch.controls));
        let servers = servers.to_vec();
        let mut resolvers = watch.resolvers.borrow_mut();
        resolvers.insert(servers.clone(), Rc::clone(&resolver));
        let (means, controls) = (Rc::clone(&self.means), Arc::clone(&watch.controls));
        self.attending.borrow().push(Box::pin(async move {
            let ask = async || ask_name_servers(&means.asks, &controls, &servers).await;
            let over = |trouble| means.troubles.borrow_mut().push_back(trouble);
            resolver.attend(&means.clock, ask, over).await;
        }));
    }

    fn watch(&self, controls: &Arc<Controls>) -> Option<Rc<Watch>> {
        let watches = self.watches.borrow();
        let entry = watches.get(&Arc::as_ptr(controls))?;
        Some(Rc::clone(&entry.watch))
    }

    /// Whether a failure is ours, and then why. Waits for the controls if only they can tell.
    pub async fn judge(
        &self,
        controls: &Arc<Controls>,
        inquiry: &Inquiry,
        failed: Failed,
        reply: &Reply,
    ) -> Option<Ours> {
        // no network is needed to reach this host, and an answer that could not be forged has come
        // over it
        if reply.hints.loopback || is_answered(inquiry, reply) {
            return None;
        }
        let watch = self.watch(controls)?;
        if reply.hints.unresolved.is_none() && is_absent(reply) {
            self.resolved(&watch, inquiry);
        }
        if let Some(ours) = judge(&watch.network, failed).await {
            return Some(ours);
        }
        let servers = reply.hints.unresolved.as_ref()?;
        let resolver = watch.resolvers.borrow().get(servers).map(Rc::clone)?;
        judge(&resolver, failed).await
    }

    /// A probe succeeded: costs little while nothing is amiss.
    pub fn succeeded(&self, controls: &Arc<Controls>, inquiry: &Inquiry, reply: &Reply) {
        let watches = self.watches.borrow();
        let Some(entry) = watches.get(&Arc::as_ptr(controls)) else {
            return;
        };
        let watch = &entry.watch;
        // behind a proxy the world is as far as ever
        let peer = reply.answer.peer.map(|peer| Reach::of(peer.ip()));
        let far_enough = peer.unwrap_or(Reach::World) >= watch.reach.get().max(Reach::Site);
        if far_enough && (!watch.proven || is_proven(inquiry)) {
            watch.network.succeeded(moment(&self.means.clock));
        }
        if reply.answer.timings.dns.is_some() {
            self.resolved(watch, inquiry);
        }
    }

    /// A name server has answered: one that was silent does so no more.
    fn resolved(&self, watch: &Watch, inquiry: &Inquiry) {
        let servers = &inquiry.first().transport.dns_servers;
        for (known, resolver) in &*watch.resolvers.borrow() {
            if resolver.is_broken() && known == servers {
                resolver.succeeded(moment(&self.means.clock));
            }
        }
    }

    /// An asking is under way since `started`: if it has had no answer for long, the controls are
    /// asked early.
    pub fn under_way(&self, controls: &Arc<Controls>, inquiry: &Inquiry, started: Moment) {
        let now = moment(&self.means.clock);
        let patience = (inquiry.timeout / 4).min(OVERDUE_MAX);
        if now.mono - started.mono >= Micros::from_duration(patience)
            && !is_loopback(inquiry)
            && let Some(watch) = self.watch(controls)
        {
            watch.network.overdue(started, now);
        }
    }

    /// The next stretch of trouble that is over. Begins rounds and hears their answers meanwhile;
    /// may be dropped and called again.
    pub async fn trouble(&self) -> Trouble {
        poll_fn(|context| {
            // ends when nobody is attended to any more, or all of them wait
            while let Poll::Ready(Some(())) = self.attending.borrow_mut().poll_next_unpin(context) {
            }
            match self.means.troubles.borrow_mut().pop_front() {
                Some(trouble) => Poll::Ready(trouble),
                None => Poll::Pending,
            }
        })
        .await
    }

    /// The end: all stretches that were not handed on, those that go on included.
    pub fn end(&self) -> Vec<Trouble> {
        let now = moment(&self.means.clock);
        let mut troubles: Vec<_> = self.means.troubles.take().into();
        let mut watches: Vec<Rc<Watch>> = Vec::new();
        for (_, entry) in self.watches.take() {
            if !watches.iter().any(|known| Rc::ptr_eq(known, &entry.watch)) {
                watches.push(entry.watch);
            }
        }
        troubles.extend(watches.iter().flat_map(|watch| watch.close(now)));
        troubles
    }
}

async fn judge(lifeline: &Lifeline, failed: Failed) -> Option<Ours> {
    let reason = match lifeline.judge(failed).await {
        Verdict::Stands => return None,
        Verdict::Broken => lifeline.reason(),
        Verdict::Unable => Reason::LocalResources,
    };
    let said = lifeline.said();
    Some(Ours { reason, said })
}

/// Whether an answer came whose server showed a certificate: only over a network that works.
fn is_answered(inquiry: &Inquiry, reply: &Reply) -> bool {
    reply.answer.status.is_some() && is_verified(inquiry.first())
}

/// Whether a name server said that there is no such address.
fn is_absent(reply: &Reply) -> bool {
    matches!(&reply.outcome, Outcome::Fail(failure) if failure.cause == Some(Cause::Dns))
}

fn is_loopback(inquiry: &Inquiry) -> bool {
    let request = inquiry.first();
    request.transport.proxy.is_none() && url_reach(&request.url) == Reach::Host
}

impl Watch {
    fn close(&self, now: Moment) -> Vec<Trouble> {
        let resolvers = self.resolvers.borrow();
        let troubles = resolvers
            .values()
            .filter_map(|resolver| resolver.close(now));
        troubles.chain(self.network.close(now)).collect()
    }
}
