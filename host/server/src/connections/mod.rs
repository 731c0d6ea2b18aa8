//! The connections that are open, and which of them has to go when there is no room.
//!
//! Always true here: there are never more than allowed. Whoever comes when all places are taken gets that of the connection whose peer was
//! waited for longest, if it was for longer than the patience; a connection that the service works for keeps its place. Before all others, and
//! without patience, those make room that were only asked over for what anybody is told. A few places more are for who asks after the
//! service's health.

mod arriving;
mod connection;
mod pace;
mod socket;
mod unsent;

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use tokio::sync::Notify;

pub(crate) use arriving::Arriving;
pub(crate) use connection::{Connection, Holds, Working};
pub(crate) use pace::Pace;
pub(crate) use socket::Socket;
pub(crate) use unsent::{SMALL, Unsent};

use crate::settings::Settings;

/// Places beyond those of all connections, for who asks after the service's health and is done.
const HEALTH_PLACES: usize = 16;

/// How often it is looked for a connection that makes room, if no patience is had.
const LOOK: Duration = Duration::from_millis(10);

/// Why a connection was ended before its peer did so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Ended {
    reason: &'static str,
}

impl Ended {
    /// Others needed its place, its slot or its memory.
    pub(crate) const CROWDED: Self = Self { reason: "crowded" };
    /// Its peer read too slowly.
    pub(crate) const UNREAD: Self = Self { reason: "unread" };
    /// A head took too long.
    pub(crate) const HEAD: Self = Self { reason: "head" };
    /// A TLS handshake took too long.
    pub(crate) const HANDSHAKE: Self = Self {
        reason: "handshake",
    };
}

/// The open connections of a service.
pub(crate) struct Connections {
    most: usize,
    patience: Duration,
    table: Mutex<Table>,
    /// How many the table has.
    many: AtomicUsize,
    /// Told when a place is free.
    freed: Notify,
    pub(crate) unsent: Unsent,
    ended: Family<Ended, Counter>,
    received: Counter,
    sent: Counter,
    open: Gauge,
    unsent_bytes: Gauge,
}

#[derive(Default)]
struct Table {
    next: u64,
    open: HashMap<u64, Arc<Connection>>,
}

impl Table {
    fn count(&self, is_for_health: bool) -> usize {
        let open = self.open.values();
        open.filter(|it| it.is_for_health() == is_for_health)
            .count()
    }
}

impl Connections {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            most: settings.connections,
            patience: settings.patience,
            table: Mutex::default(),
            many: AtomicUsize::new(0),
            freed: Notify::new(),
            unsent: Unsent::new(settings.unsent_bytes),
            ended: Family::default(),
            received: Counter::default(),
            sent: Counter::default(),
            open: Gauge::default(),
            unsent_bytes: Gauge::default(),
        }
    }

    /// Has `registry` show how many there are, and what became of them.
    pub(crate) fn register(&self, registry: &mut Registry) {
        // Those that never happened are shown as well.
        for ended in [Ended::CROWDED, Ended::UNREAD, Ended::HEAD, Ended::HANDSHAKE] {
            drop(self.ended.get_or_create(&ended));
        }
        let help = "Open connections";
        registry.register("connections", help, self.open.clone());
        let help = "Connections that the service ended, by reason";
        registry.register("connections_ended", help, self.ended.clone());
        let help = "Bytes that came over connections";
        registry.register("received_bytes", help, self.received.clone());
        let help = "Bytes that went over connections";
        registry.register("sent_bytes", help, self.sent.clone());
        let help = "Bytes of large answers that nobody has read yet";
        registry.register("unsent_bytes", help, self.unsent_bytes.clone());
    }

    /// Has the gauges show what is now.
    pub(crate) fn show(&self) {
        let signed = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        self.open.set(signed(self.table().open.len()));
        self.unsent_bytes.set(signed(self.unsent.bytes()));
    }

    /// Counts a connection that was ended.
    pub(crate) fn count(&self, ended: Ended) {
        self.ended.get_or_create(&ended).inc();
    }

    /// Whether all places are taken.
    pub(crate) fn is_full(&self) -> bool {
        self.many.load(Ordering::Relaxed) >= self.most
    }

    /// A place for another connection, as soon as there is one.
    pub(crate) async fn enter(self: &Arc<Self>) -> Place {
        loop {
            let mut freed = std::pin::pin!(self.freed.notified());
            freed.as_mut().enable();
            if let Some(place) = self.try_enter() {
                return place;
            }
            // Somebody may have been waited for long enough by then.
            let _ = tokio::time::timeout(self.patience.max(LOOK), freed).await;
        }
    }

    fn try_enter(self: &Arc<Self>) -> Option<Place> {
        let mut table = self.table();
        let is_for_health = if self.make_place(&mut table, false, self.most) {
            false
        } else if self.make_place(&mut table, true, HEALTH_PLACES) {
            true
        } else {
            return None;
        };
        let id = table.next;
        table.next += 1;
        let connection = Arc::new(Connection::new(is_for_health));
        table.open.insert(id, Arc::clone(&connection));
        self.many.store(table.open.len(), Ordering::Relaxed);
        drop(table);
        let connections = Arc::clone(self);
        Some(Place {
            id,
            connection,
            connections,
        })
    }

    /// Whether there are fewer connections of a kind than `most`, if need be because one was ended.
    fn make_place(&self, table: &mut Table, is_for_health: bool, most: usize) -> bool {
        table.count(is_for_health) < most
            || self
                .end_longest(table, |it| it.is_for_health() == is_for_health)
                .is_some()
    }

    /// Gives `connection`, which came for the service's health and wants something else, one of the places of all.
    pub(crate) fn promote(&self, connection: &Connection) -> bool {
        let mut table = self.table();
        let has_place = self.make_place(&mut table, false, self.most);
        if has_place {
            connection.set_for_all();
        }
        has_place
    }

    /// Ends the connection that holds what `holds` says and whose peer was waited for longest, if there is one.
    pub(crate) fn end_one(&self, holds: Holds) -> bool {
        let mut table = self.table();
        self.end_longest(&mut table, |it| it.holds(holds)).is_some()
    }

    /// Whether `bytes` more may be unsent, if need be because connections were ended that do not read.
    pub(crate) fn make_room(&self, bytes: usize) -> bool {
        let mut freed = 0;
        while !self.unsent.has_room(bytes, freed) {
            let mut table = self.table();
            let Some(ended) = self.end_longest(&mut table, |it| it.unsent() > 0) else {
                return false;
            };
            freed += ended.unsent();
        }
        true
    }

    fn end_longest(
        &self,
        table: &mut Table,
        is_meant: impl Fn(&Connection) -> bool,
    ) -> Option<Arc<Connection>> {
        let meant = table.open.iter().filter(|(_, it)| is_meant(it));
        let waited =
            meant.filter_map(|(id, it)| Some((it.is_passing(), it.waited()?, Reverse(*id))));
        // Of those that came together, the one that came first.
        let (is_passing, waited, Reverse(id)) = waited.max()?;
        if !is_passing && waited < self.patience {
            return None;
        }
        let ended = table.open.remove(&id)?;
        self.many.store(table.open.len(), Ordering::Relaxed);
        ended.end();
        self.count(Ended::CROWDED);
        Some(ended)
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of one connection.
pub(crate) struct Place {
    id: u64,
    pub(crate) connection: Arc<Connection>,
    pub(crate) connections: Arc<Connections>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut table = self.connections.table();
        table.open.remove(&self.id);
        let many = table.open.len();
        self.connections.many.store(many, Ordering::Relaxed);
        drop(table);
        self.connections.freed.notify_one();
    }
}

#[cfg(test)]
mod tests;
