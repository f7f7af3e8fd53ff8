//! The store of announcements.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use diesel::dsl::count_star;
use diesel::prelude::*;
use madoguchi_domain::Timestamp;
use madoguchi_domain::announcement::{
    Announcement, AnnouncementId, AnnouncementQuery, AnnouncementWrite, Audience, MailCount,
    MailedAnnouncement, MailingBatch, MailingStateName, ShownAnnouncement, ShownQuery,
};
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::mail::MailState;
use madoguchi_domain::person::PersonId;
use madoguchi_domain::port::{AnnouncementStore, Sealer, StoreError};

use super::commit::commit_all;
use super::{Conn, Store, announcement_writing as writing};
use crate::announcement::row::{AnnouncementEditorRow, AnnouncementRow, AnnouncementTextRow};
use crate::announcement::state_row::AnnouncementStateRow;
use crate::database::column::{At, Key};
use crate::database::fault::Fault;
use crate::database::parse::{corrupt, moment, parsed_or_corrupt};
use crate::database::schema::{
    announcement, announcement_editor, announcement_recipient, data_key as stored_key,
};
use crate::vault::row::DataKeyRow;
use crate::vault::sealed_store::SealedStore;

/// The states of a mailing in which the job plans mails.
const BEING_MAILED: [&str; 2] =
    [MailingStateName::First.as_str(), MailingStateName::Running.as_str()];

#[async_trait]
impl AnnouncementStore for SealedStore<Store> {
    async fn find(&self, id: AnnouncementId) -> Result<Option<Announcement>, StoreError> {
        let sealer = Arc::clone(&self.sealer);
        let read = move |conn: &mut Conn| {
            let ids = vec![Key(id.0)];
            Ok(load(conn, &*sealer, ids)?.pop())
        };
        self.store.read(read).await
    }

    async fn list(&self, query: &AnnouncementQuery) -> Result<Vec<Announcement>, StoreError> {
        let (query, sealer) = (query.clone(), Arc::clone(&self.sealer));
        let read = move |conn: &mut Conn| {
            let ids = page(conn, &query)?;
            load(conn, &*sealer, ids)
        };
        self.store.read(read).await
    }

    async fn shown(&self, query: &ShownQuery) -> Result<Vec<ShownAnnouncement>, StoreError> {
        let (query, sealer) = (query.clone(), Arc::clone(&self.sealer));
        self.store.read(move |conn| shown(conn, &*sealer, &query)).await
    }

    async fn audience(&self) -> Result<Audience, StoreError> {
        self.store.read(writing::registered).await
    }

    async fn mailing(
        &self,
        now: Timestamp,
        held_until: Option<Timestamp>,
        limit: u32,
    ) -> Result<Vec<AnnouncementId>, StoreError> {
        let read = move |conn: &mut Conn| {
            let is_held = announcement::mailing.eq(MailingStateName::Held.as_str());
            // Without a time nothing is that early.
            let until = At::from(held_until.unwrap_or(Timestamp::UNIX_EPOCH));
            let is_due = is_held.and(announcement::mailing_since.le(until));
            let ids: Vec<Key> = announcement::table
                .filter(announcement::mailing.eq_any(BEING_MAILED).or(is_due))
                .filter(announcement::visible_from.le(At::from(now)))
                .order((announcement::visible_from, announcement::announcement_id))
                .limit(limit.into())
                .select(announcement::announcement_id)
                .load(conn)?;
            Ok(ids.into_iter().map(|id| AnnouncementId(id.0)).collect())
        };
        self.store.read(read).await
    }

    async fn waiting(&self) -> Result<u64, StoreError> {
        let read = move |conn: &mut Conn| {
            let pending = announcement_recipient::mail_state.eq(MailState::Pending.as_str());
            let count: i64 =
                announcement_recipient::table.filter(pending).count().get_result(conn)?;
            Ok(u64::try_from(count).unwrap_or_default())
        };
        self.store.read(read).await
    }

    async fn recipients(
        &self,
        id: AnnouncementId,
        batch: &MailingBatch,
    ) -> Result<Vec<PersonId>, StoreError> {
        let batch = batch.clone();
        let read = move |conn: &mut Conn| {
            let after = batch.after.as_ref().map_or("", PersonId::expose).to_owned();
            let rows: Vec<String> = announcement_recipient::table
                .filter(announcement_recipient::announcement_id.eq(Key(id.0)))
                .filter(announcement_recipient::person_id.gt(after))
                .order(announcement_recipient::person_id)
                .limit(batch.most.into())
                .select(announcement_recipient::person_id)
                .load(conn)?;
            Ok(rows.iter().map(|it| writing::person(it)).collect::<Result<_, _>>()?)
        };
        self.store.read(read).await
    }

    async fn mail_counts(&self, id: AnnouncementId) -> Result<Vec<MailCount>, StoreError> {
        self.store.read(move |conn| counts(conn, id)).await
    }

    async fn mailed(&self, id: AnnouncementId) -> Result<Option<MailedAnnouncement>, StoreError> {
        let read = move |conn: &mut Conn| {
            let row: Option<(Option<At>, Option<String>)> = announcement::table
                .find(Key(id.0))
                .select((announcement::visible_from, announcement::mailing))
                .get_result(conn)
                .optional()?;
            let Some((visible_from, mailing)) = row else { return Ok(None) };
            let visible_from = visible_from.map(|at| moment(at, "announcement.visible_from"));
            let is_stopped = mailing.is_none_or(|it| it == MailingStateName::Stopped.as_str());
            Ok(Some(MailedAnnouncement { visible_from: visible_from.transpose()?, is_stopped }))
        };
        self.store.read(read).await
    }

    async fn commit(&self, change: &Change<AnnouncementWrite>) -> Result<Committed, StoreError> {
        let (changes, sealer) = (vec![change.clone()], Arc::clone(&self.sealer));
        let key = self.store.audit_key.clone();
        let write = move |conn: &mut Conn, change: &Change<AnnouncementWrite>| {
            writing::write(conn, &*sealer, change)
        };
        self.store.write(move |conn| commit_all(conn, &changes, &key, &write)).await
    }
}

fn page(conn: &mut Conn, query: &AnnouncementQuery) -> Result<Vec<Key>, Fault> {
    let mut rows = announcement::table
        .select(announcement::announcement_id)
        .order((announcement::created_at.desc(), announcement::announcement_id.desc()))
        .limit(query.limit.into())
        .into_boxed();
    if let Some(state) = query.state {
        rows = rows.filter(announcement::state.eq(state.as_str()));
    }
    if let Some(after) = query.after {
        let (at, id) = (At::from(after.at), Key(after.id));
        let is_earlier = announcement::created_at.lt(at).or(announcement::announcement_id.lt(id));
        rows = rows.filter(announcement::created_at.le(at)).filter(is_earlier);
    }
    Ok(rows.load(conn)?)
}

/// Announcements in the order of these ids.
fn load(conn: &mut Conn, sealer: &dyn Sealer, ids: Vec<Key>) -> Result<Vec<Announcement>, Fault> {
    type Row = (AnnouncementRow, AnnouncementTextRow, AnnouncementStateRow, Option<DataKeyRow>);
    let rows: Vec<Row> = announcement::table
        .left_join(stored_key::table.on(stored_key::data_key_id.eq(announcement::data_key_id)))
        .filter(announcement::announcement_id.eq_any(&ids))
        .select((
            AnnouncementRow::as_select(),
            AnnouncementTextRow::as_select(),
            AnnouncementStateRow::as_select(),
            Option::<DataKeyRow>::as_select(),
        ))
        .load(conn)?;
    let loaded: Vec<AnnouncementEditorRow> = announcement_editor::table
        .filter(announcement_editor::announcement_id.eq_any(&ids))
        .order((announcement_editor::announcement_id, announcement_editor::version))
        .select(AnnouncementEditorRow::as_select())
        .load(conn)?;
    let mut found = BTreeMap::new();
    for (row, texts, state, key) in rows {
        let id = row.announcement_id;
        // Editors are only added, so that those of later versions can be left out.
        let is_its =
            |it: &&AnnouncementEditorRow| it.announcement_id == id && it.version <= state.version;
        let editors: Vec<_> = loaded.iter().filter(is_its).collect();
        let editors = AnnouncementEditorRow::parse(&editors)?;
        let (_, key) = key.ok_or(corrupt("announcement.data_key_id"))?.parse()?;
        found.insert(id, row.open(sealer, &key, (texts, &state), editors)?);
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

fn shown(
    conn: &mut Conn,
    sealer: &dyn Sealer,
    query: &ShownQuery,
) -> Result<Vec<ShownAnnouncement>, Fault> {
    let mut rows = announcement_recipient::table
        .inner_join(announcement::table)
        .filter(announcement_recipient::person_id.eq(query.person.expose()))
        .filter(announcement::visible_from.le(At::from(query.now)))
        .select((announcement::announcement_id, announcement_recipient::read_at))
        .order((announcement::visible_from.desc(), announcement::announcement_id.desc()))
        .limit(query.limit.into())
        .into_boxed();
    if let Some(id) = query.id {
        rows = rows.filter(announcement::announcement_id.eq(Key(id.0)));
    }
    if let Some(after) = query.after {
        let (at, id) = (At::from(after.at), Key(after.id));
        let is_earlier =
            announcement::visible_from.lt(at).or(announcement::announcement_id.nullable().lt(id));
        rows = rows.filter(announcement::visible_from.le(at)).filter(is_earlier);
    }
    let rows: Vec<(Key, Option<At>)> = rows.load(conn)?;
    let announcements = load(conn, sealer, rows.iter().map(|(id, _)| *id).collect())?;
    let read_at: BTreeMap<Key, Option<At>> = rows.into_iter().collect();
    let shown = announcements.into_iter().map(|announcement| {
        let read_at = read_at.get(&Key(announcement.id.0)).copied().flatten();
        let read_at = read_at.map(|at| moment(at, "announcement_recipient.read_at"));
        Ok(ShownAnnouncement { announcement, read_at: read_at.transpose()? })
    });
    shown.collect::<Result<_, StoreError>>().map_err(Fault::from)
}

fn counts(conn: &mut Conn, id: AnnouncementId) -> Result<Vec<MailCount>, Fault> {
    let rows: Vec<(Option<String>, Option<String>, i64)> = announcement_recipient::table
        .filter(announcement_recipient::announcement_id.eq(Key(id.0)))
        .group_by((announcement_recipient::mail_state, announcement_recipient::mail_reason))
        .select((
            announcement_recipient::mail_state,
            announcement_recipient::mail_reason,
            count_star(),
        ))
        .load(conn)?;
    let mut counts = Vec::with_capacity(rows.len());
    for (state, reason, count) in rows {
        let state = state.map_or(Some(MailState::None), |state| MailState::parse(&state));
        let state = parsed_or_corrupt(state, "announcement_recipient.mail_state")?;
        counts.push(MailCount { state, reason, count: u32::try_from(count).unwrap_or(u32::MAX) });
    }
    counts.sort_by(|one, other| {
        (one.state.as_str(), &one.reason).cmp(&(other.state.as_str(), &other.reason))
    });
    Ok(counts)
}
