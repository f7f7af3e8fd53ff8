//! A whole list as CSV, streamed page by page.

use std::io;

use actix_web::http::Version;
use actix_web::http::header::{Accept, CONTENT_DISPOSITION, CONTENT_TYPE, Header, Quality};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream;

use crate::problem::{Code, Problem};

/// Entries that are in memory at once.
pub(crate) const PAGE: u32 = 500;

/// The media type, as documented.
pub(crate) const CSV: &str = "text/csv";

/// The entries of a page as rows of `N` cells, and the query of the next page.
pub(crate) type Rows<const N: usize, Q> = (Vec<[String; N]>, Option<Q>);

/// Whether the caller prefers CSV to JSON.
pub(crate) fn is_wanted(request: &HttpRequest) -> bool {
    let mut accepted = Accept::parse(request).unwrap_or(Accept(Vec::new()));
    accepted.0.retain(|media| media.quality > Quality::ZERO);
    let (csv, json) = ([CSV, "text/*"], ["application/json", "application/*", "*/*"]);
    let preferred = accepted.ranked().into_iter().find_map(|media| {
        let is_csv = csv.contains(&media.essence_str());
        (is_csv || json.contains(&media.essence_str())).then_some(is_csv)
    });
    preferred.unwrap_or(false)
}

/// Refuses a page of a CSV, and a client that would take the chunks of the answer for lines.
pub(crate) fn must_be_whole(request: &HttpRequest, is_page: bool) -> Result<(), Problem> {
    if is_page {
        return Err(Problem::invalid("a CSV has no cursor and no limit: it is complete"));
    }
    if request.version() < Version::HTTP_11 {
        return Err(Problem::invalid("a CSV needs HTTP/1.1"));
    }
    Ok(())
}

/// All entries from `query` on, as the file `<name>.csv` with these columns. The first page is read
/// before the answer begins, so that its errors have their status; a later error breaks the answer
/// off.
pub(crate) async fn stream<const N: usize, Q, F, Read>(
    name: &'static str,
    columns: [&str; N],
    query: Q,
    read: F,
) -> Result<HttpResponse, Problem>
where
    Q: 'static,
    F: Fn(Q) -> Read + Clone + 'static,
    Read: Future<Output = Result<Rows<N, Q>, Problem>>,
{
    let (rows, next) = read(query).await?;
    let first = [written(&[columns.map(str::to_owned)])?, written(&rows)?].concat();
    let pages = stream::try_unfold(Some((first, next)), move |begun| {
        let read = read.clone();
        async move {
            let Some((bytes, next)) = begun else {
                return Ok(None);
            };
            let broken = |problem: Problem| {
                tracing::warn!(code = %problem, list = name, "an export broke off");
                io::Error::other("the export broke off")
            };
            let after = match next {
                Some(query) => {
                    let (rows, next) = read(query).await.map_err(broken)?;
                    Some((written(&rows).map_err(broken)?, next))
                }
                None => None,
            };
            Ok::<_, io::Error>(Some((Bytes::from(bytes), after)))
        }
    });
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.csv\"")))
        .streaming(pages))
}

fn written<const N: usize>(rows: &[[String; N]]) -> Result<Vec<u8>, Problem> {
    // RFC 4180.
    let mut csv =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let write = rows.iter().try_for_each(|row| csv.write_record(row));
    write.map_err(|_| Problem::of(Code::Internal))?;
    csv.into_inner().map_err(|_| Problem::of(Code::Internal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_as_rfc_4180_says() {
        let line = written(&[["a,b", "\"", "客"].map(str::to_owned)]).unwrap();
        assert_eq!(line, "\"a,b\",\"\"\"\",客\r\n".as_bytes());
    }
}
