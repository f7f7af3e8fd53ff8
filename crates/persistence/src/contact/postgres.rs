//! The mails of contacts on PostgreSQL.

use diesel::{ExpressionMethods, QueryDsl};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use madoguchi_domain::mail::{MailId, MailStatus};

use super::mail_row::OPEN;
use crate::database::column::{At, Key};
use crate::database::fault::Fault;
use crate::database::schema::contact;

/// The contacts of a mail show its status, as far as theirs is open: a state keeps its first time,
/// as [`MailStatus::moved`] says.
pub(crate) async fn move_mail(
    conn: &mut AsyncPgConnection,
    mail: MailId,
    status: &MailStatus,
) -> Result<(), Fault> {
    let state = status.state().as_str();
    let open = contact::table
        .filter(contact::mail_id.eq(Key(mail.0)))
        .filter(contact::mail_state.eq_any(OPEN))
        .filter(contact::mail_state.ne(state));
    let shown = (
        contact::mail_state.eq(state),
        contact::mail_at.eq(At::from(status.at())),
        contact::mail_reason.eq(status.reason()),
    );
    diesel::update(open).set(shown).execute(conn).await?;
    Ok(())
}
