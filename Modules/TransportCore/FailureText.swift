/// The words of a failure, which know what of them a peer has sent: that is shown to whoever made the call, and never
/// gets into a log.
///
/// ```swift
/// let text: FailureText = "the answer is a redirect to \(sent: location)"
/// text.full      // the answer is a redirect to 'http://elsewhere/'
/// text.loggable  // the answer is a redirect to '…'
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
    }
}
