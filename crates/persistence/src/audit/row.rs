//! The rows of the audit log and of its stream heads.

use std::borrow::Cow;

use diesel::{Queryable, Selectable};
use madoguchi_domain::act::Act;
use madoguchi_domain::actor::{ActorKind, ActorRef};
use madoguchi_domain::audit::{Action, AuditEntry, ChainedEntry, Head, Link, Place, Subject, link};
use madoguchi_domain::correlation::CorrelationId;
use madoguchi_domain::port::StoreError;
use madoguchi_domain::secret::SecretKey;

use crate::database::column::At;
use crate::database::parse::{corrupt, moment, parsed_or_corrupt};
use crate::database::schema::{audit_entry, audit_head};
use crate::database::statement::row;

#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = audit_head)]
pub(crate) struct HeadRow {
    pub(crate) stream: i32,
    pub(crate) seq: i64,
    pub(crate) link: Vec<u8>,
}

impl HeadRow {
    pub(crate) fn parse(self) -> Result<Head, StoreError> {
        let place = Place { stream: self.stream, seq: self.seq };
        Ok(Head { place, link: as_link(self.link, "audit_head.link")? })
    }
}

row! {
    pub(crate) struct AuditRow<'a> in audit_entry {
        stream: i32,
        seq: i64,
        action: Cow<'a, str>,
        about_kind: Cow<'a, str>,
        about_id: String,
        detail: Cow<'a, str>,
        actor_issuer: Cow<'a, str>,
        actor_subject: Cow<'a, str>,
        actor_kind: Cow<'a, str>,
        at: At,
        correlation: Cow<'a, str>,
        link: Vec<u8>,
        through_issuer: Option<Cow<'a, str>>,
        through_subject: Option<Cow<'a, str>>,
        through_kind: Option<Cow<'a, str>>,
    }
}

impl<'a> AuditRow<'a> {
    /// The rows that extend a stream, and its new head.
    pub(crate) fn chain(
        key: &SecretKey,
        head: Head,
        entries: impl IntoIterator<Item = &'a AuditEntry>,
    ) -> (Vec<Self>, Head) {
        let mut head = head;
        let rows = entries.into_iter().map(|entry| {
            let place = head.next();
            head = Head { place, link: link(key, &head.link, place, entry) };
            Self::new(entry, head)
        });
        (rows.collect(), head)
    }

    fn new(entry: &'a AuditEntry, Head { place, link }: Head) -> Self {
        let through = entry.act.through.as_ref();
        Self {
            stream: place.stream,
            seq: place.seq,
            action: entry.action.as_str().into(),
            about_kind: entry.subject.kind().to_owned().into(),
            about_id: entry.subject.id().to_owned(),
            detail: entry.detail.as_ref().into(),
            actor_issuer: (&*entry.act.by.issuer).into(),
            actor_subject: (&*entry.act.by.subject).into(),
            actor_kind: entry.act.by.kind.as_str().into(),
            at: entry.act.at().into(),
            correlation: entry.act.correlation.as_str().into(),
            link: link.to_vec(),
            through_issuer: through.map(|it| (&*it.issuer).into()),
            through_subject: through.map(|it| (&*it.subject).into()),
            through_kind: through.map(|it| it.kind.as_str().into()),
        }
    }

    pub(crate) fn parse(self) -> Result<ChainedEntry, StoreError> {
        let subject = Subject::parse(&self.about_kind, &self.about_id);
        let kind = parsed_or_corrupt(ActorKind::parse(&self.actor_kind), "audit_entry.actor_kind")?;
        let correlation = CorrelationId::parse(&self.correlation).ok();
        let through = (self.through_issuer, self.through_subject, self.through_kind);
        let entry = AuditEntry {
            action: parsed_or_corrupt(Action::parse(&self.action), "audit_entry.action")?,
            subject: parsed_or_corrupt(subject, "audit_entry.about_kind or about_id")?,
            detail: Cow::Owned(self.detail.into_owned()),
            act: Act::new(
                ActorRef::new(&self.actor_issuer, &self.actor_subject, kind),
                moment(self.at, "audit_entry.at")?,
                parsed_or_corrupt(correlation, "audit_entry.correlation")?,
            )
            .with_through(through_of(through)?),
        };
        let place = Place { stream: self.stream, seq: self.seq };
        Ok(ChainedEntry { place, entry, link: as_link(self.link, "audit_entry.link")? })
    }
}

/// Who called in the name of the actor. A row holds all three columns or none of them.
fn through_of<T: AsRef<str>>(
    columns: (Option<T>, Option<T>, Option<T>),
) -> Result<Option<ActorRef>, StoreError> {
    let place = "audit_entry.through_issuer, through_subject or through_kind";
    match columns {
        (None, None, None) => Ok(None),
        (Some(issuer), Some(subject), Some(kind)) => {
            let kind = parsed_or_corrupt(ActorKind::parse(kind.as_ref()), place)?;
            Ok(Some(ActorRef::new(issuer.as_ref(), subject.as_ref(), kind)))
        }
        (Some(_), ..) | (_, Some(_), _) | (.., Some(_)) => Err(corrupt(place)),
    }
}

fn as_link(bytes: Vec<u8>, place: &'static str) -> Result<Link, StoreError> {
    parsed_or_corrupt(Link::try_from(bytes).ok(), place)
}
