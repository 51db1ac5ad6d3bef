/// The system did not take a request.
struct RequestRefused: Error, CustomStringConvertible {
    let description = "the request could not be written"
}
