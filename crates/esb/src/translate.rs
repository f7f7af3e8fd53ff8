//! Translates orders and inquiries to messages, and untrusted replies to facts that the domain
//! classifies.

use jiff::Timestamp;
use jiff::tz::{TimeZone, offset};
use madoguchi_domain::effect::{Doubt, UpstreamCode, WhyNotSent};
use madoguchi_domain::upgrade::{LevelInquiry, Reply, SetLevel};
use madoguchi_upstream::Object;

use crate::settings::{EsbSettings, Layout};
use crate::wire;

/// A message to the core bank.
#[derive(Clone, Copy)]
pub(crate) enum Message<'a> {
    /// DA21 sets a level.
    SetLevel(&'a SetLevel),
    /// Our own message, which the bank's documents do not have, asks for a level.
    Inquire(&'a LevelInquiry),
}

impl<'a> Message<'a> {
    /// What it is, for the log.
    pub(crate) const fn noun(self) -> &'static str {
        match self {
            Self::SetLevel(_) => "order",
            Self::Inquire(_) => "inquiry",
        }
    }

    /// `OperationName` and `TxnId`.
    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::SetLevel(_) => ("AcctInfoMod", "DA21"),
            // Not of the form of the bank's own ids, so that it can be no other transaction.
            Self::Inquire(_) => ("AcctInfoInq", "DA21INQ"),
        }
    }

    /// `TransactionID` and `TxnNo`.
    fn ids(self) -> (&'a str, &'a str) {
        let (transaction_id, txn_no) = match self {
            Self::SetLevel(order) => (&order.transaction_id, &order.txn_no),
            Self::Inquire(inquiry) => (&inquiry.transaction_id, &inquiry.txn_no),
        };
        (transaction_id.as_str(), txn_no.as_str())
    }

    fn cust_info(self) -> wire::RequestCustInfo<'a> {
        match self {
            Self::SetLevel(order) => wire::RequestCustInfo {
                arrng_id: order.arrangement.expose(),
                prod_name: Some(order.product.as_str()),
                acct_info: Some(wire::RequestAcctInfo { dgtl_lvl: order.level.as_str() }),
            },
            Self::Inquire(inquiry) => wire::RequestCustInfo {
                arrng_id: inquiry.arrangement.expose(),
                prod_name: None,
                acct_info: None,
            },
        }
    }

    fn body(self, root: wire::RequestRoot<'a>) -> wire::RequestBody<'a> {
        match self {
            Self::SetLevel(_) => wire::RequestBody::AcctInfoModRq(root),
            Self::Inquire(_) => wire::RequestBody::AcctInfoInqRq(root),
        }
    }

    /// The root of the reply to this message.
    fn root(self, body: wire::ReplyBody) -> Option<wire::ReplyRoot> {
        let root = match self {
            Self::SetLevel(_) => body.acct_info_mod_rs,
            Self::Inquire(_) => body.acct_info_inq_rs,
        };
        root.map(|root| root.0)
    }
}

/// The message's JSON, with this timestamp.
pub(crate) fn request(
    settings: &EsbSettings,
    message: Message<'_>,
    now: Timestamp,
) -> Result<Vec<u8>, WhyNotSent> {
    let (operation_name, txn_id) = message.names();
    let (transaction_id, txn_no) = message.ids();
    let request = wire::Request {
        amheader: wire::RequestHeader {
            channel_id: &settings.channel_id,
            service_domain: "DepositAccount",
            operation_name,
            consumer_id: &settings.consumer_id,
            transaction_id,
            rq_timestamp: bank_time(now),
        },
        ambody: message.body(wire::RequestRoot {
            service_header: wire::ServiceHeader { txn_id, txn_no },
            signon: wire::Signon { custid: &settings.user },
            content: content(settings.layout, message.cust_info()),
        }),
    };
    serde_json::to_vec(&request).map_err(|_| WhyNotSent::NotEncodable)
}

const fn content(layout: Layout, cust_info: wire::RequestCustInfo<'_>) -> wire::Content<'_> {
    match layout {
        Layout::Nested => wire::Content::ServiceBody(wire::RequestServiceBody { cust_info }),
        Layout::Flat => wire::Content::CustInfo(cust_info),
    }
}

/// `2015-12-06T12:01:01.00+08:00`: the bank's local time with two fractional digits.
fn bank_time(now: Timestamp) -> String {
    let there = now.to_zoned(TimeZone::fixed(offset(8)));
    there.strftime("%Y-%m-%dT%H:%M:%S%.2f%:z").to_string()
}

/// The facts in the body of a reply to this message with HTTP status 200.
pub(crate) fn reply(message: Message<'_>, text: &str) -> Result<Reply, Doubt> {
    let wire::Reply { amheader, ambody } = Object::read(text).map_err(|_| Doubt::Unreadable)?;

    let root = message.root(ambody.0).ok_or(Doubt::Unreadable)?;
    let header = root.service_header.map_or_else(wire::Place::default, |place| place.0);
    let body = root.service_body.map_or_else(wire::Place::default, |place| place.0);
    let codes = agreed([root.rtrn_stat_code, header.rtrn_stat_code, body.rtrn_stat_code])?;
    let info = agreed([root.cust_info, header.cust_info, body.cust_info])?;

    let (arrangement, account) =
        info.map_or((None, None), |info| (info.0.arrng_id, info.0.acct_info));
    Ok(Reply {
        status: 200,
        codes: codes.map_or_else(|| Ok(Vec::new()), known_codes)?,
        transaction_id: amheader.and_then(|header| header.0.transaction_id),
        arrangement,
        level: account.and_then(|account| account.0.dgtl_lvl),
    })
}

/// The value that one or more places hold, if all of them agree.
fn agreed<T: PartialEq>(places: [Option<T>; 3]) -> Result<Option<T>, Doubt> {
    let mut said = places.into_iter().flatten();
    let first = said.next();
    if said.all(|other| Some(&other) == first.as_ref()) {
        Ok(first)
    } else {
        Err(Doubt::Contradictory)
    }
}

fn known_codes(codes: wire::StatCodes) -> Result<Vec<UpstreamCode>, Doubt> {
    let known = |code: wire::StatCode| UpstreamCode::parse(&code.rtrn_code);
    codes.0.into_iter().map(known).collect::<Result<_, _>>().map_err(|_| Doubt::Unreadable)
}

#[cfg(test)]
mod tests;
