/// The words of a failure, which know what of them a peer has sent: that is shown to whoever made the call, and does not
/// get into a log, but for what holds no secret of a URL.
///
/// ```swift
/// let text: FailureText = "the answer's Content-Type is \(sent: type)"
/// text.full      // the answer's Content-Type is 'text/html'
/// text.loggable  // the answer's Content-Type is '…'
/// ```
public struct FailureText: Sendable, Hashable, ExpressibleByStringInterpolation {
    /// Everything.
    public private(set) var full: String
    /// The same without what the peer has sent.
    public private(set) var loggable: String

    /// A text with nothing in it that a peer has sent.
    public init(_ text: String) {
        full = text
        loggable = text
    }

    public init(stringLiteral text: String) {
        self.init(text)
    }

    public init(stringInterpolation: Interpolation) {
        self = stringInterpolation.text
    }

    /// Adds more of the same sentence.
    mutating func append(_ more: String) {
        full += more
        loggable += more
    }

    public struct Interpolation: StringInterpolationProtocol {
        fileprivate var text = FailureText("")

        public init(literalCapacity: Int, interpolationCount: Int) {}

        public mutating func appendLiteral(_ literal: String) {
            text.append(literal)
        }

        public mutating func appendInterpolation(_ value: some CustomStringConvertible) {
            text.append(value.description)
        }

        public mutating func appendInterpolation(_ part: FailureText) {
            text.full += part.full
            text.loggable += part.loggable
        }

        /// Something that a peer has sent, at most its first 200 characters, in quotation marks.
        public mutating func appendInterpolation(sent value: String) {
            text.full += "'\(value.prefix(200))'"
            text.loggable += "'…'"
        }

        /// A URL that a peer has sent, at most its first 200 characters, in quotation marks. Logs have it as they have the URLs of endpoints:
        /// without what may hold a secret, which are user, query and fragment.
        public mutating func appendInterpolation(place url: String) {
            text.full += "'\(url.prefix(200))'"
            text.loggable += "'\(Self.withoutSecrets(url).prefix(200))'"
        }

        private static func withoutSecrets(_ url: String) -> Substring {
            let place = url.prefix { $0 != "?" && $0 != "#" }
            guard let begin = place.firstRange(of: "//") else { return place }
            let authority = place[begin.upperBound...].prefix { $0 != "/" }
            guard let user = authority.lastIndex(of: "@") else { return place }
            return place[..<begin.upperBound] + place[place.index(after: user)...]
        }
    }
}
