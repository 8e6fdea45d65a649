//! The hub over HTTP: what a repository holds, what its files should be, and their bytes.
//!
//! Redirects are followed here, not by the HTTP client: the hub states a file's hash on the answer that
//! redirects to its storage, and the access token goes to the hub's own address and nowhere else.

use std::time::Duration;

use reqwest::header::{CONTENT_LENGTH, ETAG, HeaderMap, LOCATION, RANGE};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Url, redirect};
use serde::Deserialize;

use super::Error;
use super::hub_names::{Commit, FileName, Repository, Sha256};

const PUBLIC_ENDPOINT: &str = "https://huggingface.co";
const MAX_REDIRECTS: usize = 8;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const SILENCE_TIMEOUT: Duration = Duration::from_secs(60);

/// A hub of models, and the token that lets one in.
pub struct Hub {
    endpoint: Url,
    token: Option<String>,
    client: Client,
}

/// What a repository holds at a revision.
#[derive(Debug, PartialEq)]
pub(super) struct Listing {
    pub revision: Commit,
    pub files: Vec<FileName>,
}

/// What the hub states of a file.
#[derive(Debug, PartialEq)]
pub(super) struct Stated {
    /// Names the content: its SHA-256 where the file is large, its git hash where it is small.
    pub etag: String,
    pub bytes: u64,
}

impl Stated {
    /// The hash of the content, where that is what the hub states.
    pub(super) fn sha256(&self) -> Option<Sha256> {
        Sha256::try_from(self.etag.clone()).ok()
    }
}

impl Hub {
    /// A hub at an address such as `https://huggingface.co`.
    pub fn new(endpoint: &str, token: Option<String>) -> Result<Self, Error> {
        let bad_endpoint = || Error::Endpoint { endpoint: endpoint.to_owned() };
        let url = Url::parse(endpoint).map_err(|_| bad_endpoint())?;
        if !matches!(url.scheme(), "http" | "https") || url.query().is_some() || url.fragment().is_some() {
            return Err(bad_endpoint());
        }
        let client =
            client(redirect::Policy::none()).map_err(|source| Error::Transfer { url: endpoint.to_owned(), source })?;
        Ok(Self { endpoint: url, token, client })
    }

    /// The hub that `HF_ENDPOINT` and `HF_TOKEN` name, the public one without them.
    pub fn from_environment() -> Result<Self, Error> {
        let value = |name| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        let token = value("HF_TOKEN").map(|token| token.trim().to_owned());
        Self::new(&value("HF_ENDPOINT").unwrap_or_else(|| PUBLIC_ENDPOINT.to_owned()), token)
    }

    /// The files of a repository at a revision, or at the newest.
    pub(super) async fn list(&self, repository: &Repository, revision: Option<&Commit>) -> Result<Listing, Error> {
        let asked = revision.map_or("main", Commit::as_str);
        let url = self.address(&format!("api/models/{repository}/revision/{asked}"))?;
        let response = self.follow(url, |url| self.request(Method::GET, url), |_| false).await?;
        let url = response.url().clone();
        if response.status() == StatusCode::NOT_FOUND || is_unknown_repository(response.headers()) {
            return Err(Error::NoSuchRepository { repository: repository.clone(), revision: asked.to_owned() });
        }
        let body = self.admitted(response, repository)?.bytes().await.map_err(transfer(&url))?;
        let listing = parse_listing(&body).map_err(|reason| Error::Answer { url: plain(&url), reason })?;
        match revision {
            Some(asked) if *asked != listing.revision => {
                Err(Error::Answer { url: plain(&url), reason: format!("it lists revision {}", listing.revision) })
            }
            _ => Ok(listing),
        }
    }

    /// What the hub states of a file, without its content.
    pub(super) async fn state(
        &self,
        repository: &Repository,
        revision: &Commit,
        file: &FileName,
    ) -> Result<Stated, Error> {
        let url = self.address(&format!("{repository}/resolve/{revision}/{file}"))?;
        let response = self
            .follow(url, |url| self.request(Method::HEAD, url), |headers| headers.contains_key("x-linked-etag"))
            .await?;
        let url = response.url().clone();
        if response.status() == StatusCode::NOT_FOUND {
            return Err(Error::NoSuchFile { repository: repository.clone(), file: file.to_string() });
        }
        let response = if response.status().is_redirection() { response } else { self.admitted(response, repository)? };
        parse_stated(response.headers()).map_err(|reason| Error::Answer { url: plain(&url), reason })
    }

    /// A file's content from byte `start` on; the answer's status is 206, or 200 when it starts at 0 after all.
    pub(super) async fn fetch(
        &self,
        repository: &Repository,
        revision: &Commit,
        file: &FileName,
        start: u64,
    ) -> Result<Response, Error> {
        let url = self.address(&format!("{repository}/resolve/{revision}/{file}"))?;
        let request = |url| {
            let request = self.request(Method::GET, url);
            if start > 0 { request.header(RANGE, format!("bytes={start}-")) } else { request }
        };
        let response = self.follow(url, request, |_| false).await?;
        if response.status() == StatusCode::NOT_FOUND {
            return Err(Error::NoSuchFile { repository: repository.clone(), file: file.to_string() });
        }
        self.admitted(response, repository)
    }

    fn address(&self, path: &str) -> Result<Url, Error> {
        let endpoint = self.endpoint.as_str().trim_end_matches('/');
        Url::parse(&format!("{endpoint}/{path}")).map_err(|_| Error::Endpoint { endpoint: endpoint.to_owned() })
    }

    /// A request that carries the token if, and only if, it goes to the hub's own address.
    fn request(&self, method: Method, url: Url) -> RequestBuilder {
        let is_own = url.origin() == self.endpoint.origin();
        let request = self.client.request(method, url);
        match &self.token {
            Some(token) if is_own => request.bearer_auth(token),
            _ => request,
        }
    }

    /// Sends a request and follows its redirects, up to an answer that `is_final`.
    async fn follow(
        &self,
        mut url: Url,
        request: impl Fn(Url) -> RequestBuilder,
        is_final: impl Fn(&HeaderMap) -> bool,
    ) -> Result<Response, Error> {
        for _ in 0..MAX_REDIRECTS {
            let response = request(url.clone()).send().await.map_err(transfer(&url))?;
            if !response.status().is_redirection() || is_final(response.headers()) {
                return Ok(response);
            }
            let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
            let target = location.and_then(|location| url.join(location).ok());
            url = target
                .ok_or_else(|| Error::Answer { url: plain(&url), reason: "a redirect that leads nowhere".into() })?;
        }
        Err(Error::Answer { url: plain(&url), reason: format!("more than {MAX_REDIRECTS} redirects") })
    }

    /// The answer, if it is one that was hoped for.
    fn admitted(&self, response: Response, repository: &Repository) -> Result<Response, Error> {
        match response.status() {
            status if status.is_success() => Ok(response),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                Err(Error::Gated { repository: repository.clone(), with_token: self.token.is_some() })
            }
            status => Err(Error::Status { url: plain(response.url()), status: status.as_u16() }),
        }
    }
}

/// Gives up a host that does not answer, or falls silent.
pub(super) fn client(redirects: redirect::Policy) -> Result<Client, reqwest::Error> {
    Client::builder()
        .user_agent(concat!("encortex/", env!("CARGO_PKG_VERSION")))
        .redirect(redirects)
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(SILENCE_TIMEOUT)
        .build()
}

/// The public hub answers 401 for a repository that is not there, as for one that may not be seen.
fn is_unknown_repository(headers: &HeaderMap) -> bool {
    headers.get("x-error-code").is_some_and(|code| code == "RepoNotFound")
}

/// A failed transfer; addresses of storage carry signatures, which are left out.
pub(super) fn transfer(url: &Url) -> impl FnOnce(reqwest::Error) -> Error {
    let url = plain(url);
    move |error| Error::Transfer { url, source: error.without_url() }
}

fn plain(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.to_string()
}

fn parse_listing(body: &[u8]) -> Result<Listing, String> {
    #[derive(Deserialize)]
    struct Answer {
        sha: Commit,
        siblings: Vec<Sibling>,
    }
    #[derive(Deserialize)]
    struct Sibling {
        rfilename: FileName,
    }
    let answer: Answer = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    Ok(Listing { revision: answer.sha, files: answer.siblings.into_iter().map(|sibling| sibling.rfilename).collect() })
}

fn parse_stated(headers: &HeaderMap) -> Result<Stated, String> {
    let either =
        |linked: &str, own| headers.get(linked).or_else(|| headers.get(own)).and_then(|value| value.to_str().ok());
    let etag = either("x-linked-etag", ETAG).ok_or("no ETag")?;
    let etag = etag.trim_start_matches("W/").trim_matches('"');
    if etag.is_empty() || etag.len() > 128 || !etag.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        return Err(format!("the ETag {etag:?} cannot name a file"));
    }
    let bytes = either("x-linked-size", CONTENT_LENGTH).ok_or("no size")?;
    let bytes = bytes.parse().map_err(|_| format!("the size {bytes:?} is not a number"))?;
    Ok(Stated { etag: etag.to_owned(), bytes })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|&(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).expect("visible text")))
            .collect()
    }

    #[test]
    fn the_linked_file_is_believed_before_the_redirect() {
        let sha256 = "ab".repeat(32);
        let redirect = headers(&[
            ("etag", "\"redirect\""),
            ("content-length", "0"),
            ("x-linked-etag", &format!("\"{sha256}\"")),
            ("x-linked-size", "7"),
        ]);
        let stated = parse_stated(&redirect).expect("complete");
        assert_eq!((stated.bytes, stated.sha256().map(String::from)), (7, Some(sha256)));
    }

    #[test]
    fn a_small_file_states_no_sha256() {
        let stated = parse_stated(&headers(&[("etag", "W/\"0123\""), ("content-length", "3")])).expect("complete");
        assert_eq!((stated.etag.as_str(), stated.sha256()), ("0123", None));
    }

    #[test]
    fn an_etag_that_leads_elsewhere_is_refused() {
        for etag in ["../../etc", "", "a/b", "a b"] {
            assert!(parse_stated(&headers(&[("etag", etag), ("content-length", "3")])).is_err(), "{etag}");
        }
    }

    #[test]
    fn an_endpoint_is_an_http_address() {
        for bad in ["", "huggingface.co", "ftp://huggingface.co", "https://huggingface.co/?x=1"] {
            assert!(matches!(Hub::new(bad, None), Err(Error::Endpoint { .. })), "{bad}");
        }
        let mirror = Hub::new("https://example.org/hub/", None).expect("an address");
        assert_eq!(mirror.address("a/b").expect("joins").as_str(), "https://example.org/hub/a/b");
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_listing_or_an_error(body in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(parse_listing(&body).is_err());
        }

        #[test]
        fn a_listed_file_stays_inside_its_repository(name in ".{0,20}") {
            let body = serde_json::json!({"sha": "0".repeat(40), "siblings": [{"rfilename": name}]}).to_string();
            if let Ok(listing) = parse_listing(body.as_bytes()) {
                prop_assert!(listing.files.iter().all(|file| !file.as_str().starts_with('/') && file.as_str().split('/').all(|part| part != "..")));
            }
        }

        #[test]
        fn any_headers_state_a_file_or_an_error(etag in "[ -~]{0,140}", bytes in "[ -~]{0,24}") {
            if let Ok(stated) = parse_stated(&headers(&[("etag", &etag), ("content-length", &bytes)])) {
                prop_assert!(!stated.etag.contains(['/', '.']) && !stated.etag.is_empty());
            }
        }
    }
}
