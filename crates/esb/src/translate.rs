//! Translates an order to a message, and an untrusted reply to facts that the domain classifies.

use jiff::Timestamp;
use jiff::tz::{TimeZone, offset};
use madoguchi_domain::effect::{Doubt, UpstreamCode, WhyNotSent};
use madoguchi_domain::upgrade::{Reply, SetLevel};
use madoguchi_upstream::Object;

use crate::settings::{EsbSettings, Layout};
use crate::wire;

/// The DA21 message for this order, with this timestamp.
pub(crate) fn request(
    settings: &EsbSettings,
    order: &SetLevel,
    now: Timestamp,
) -> Result<Vec<u8>, WhyNotSent> {
    let message = wire::Request {
        amheader: wire::RequestHeader {
            channel_id: &settings.channel_id,
            service_domain: "DepositAccount",
            operation_name: "AcctInfoMod",
            consumer_id: &settings.consumer_id,
            transaction_id: order.transaction_id.as_str(),
            rq_timestamp: bank_time(now),
        },
        ambody: wire::RequestBody {
            acct_info_mod_rq: wire::RequestRoot {
                service_header: wire::ServiceHeader {
                    txn_id: "DA21",
                    txn_no: order.txn_no.as_str(),
                },
                signon: wire::Signon { custid: &settings.user },
                content: content(settings.layout, order),
            },
        },
    };
    serde_json::to_vec(&message).map_err(|_| WhyNotSent::NotEncodable)
}

fn content(layout: Layout, order: &SetLevel) -> wire::Content<'_> {
    let cust_info = wire::RequestCustInfo {
        arrng_id: order.arrangement.expose(),
        prod_name: order.product.as_str(),
        acct_info: wire::RequestAcctInfo { dgtl_lvl: order.level.as_str() },
    };
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

/// The facts in the body of a reply with HTTP status 200.
pub(crate) fn reply(text: &str) -> Result<Reply, Doubt> {
    let wire::Reply { amheader, ambody } = Object::read(text).map_err(|_| Doubt::Unreadable)?;

    let root = ambody.0.acct_info_mod_rs.0;
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
