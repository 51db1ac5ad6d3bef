/// Answers, right and wrong ones. Each is a `send` of exact bytes.
extension RawServer.Step {
    /// What is wrong with an answer in chunks.
    public enum ChunkFault: String, Sendable, CaseIterable {
        /// The size of the second chunk, or of the last one where there is one only, is no hexadecimal number.
        case sizeNotHex
        /// The size of that chunk is larger than any memory.
        case sizeTooLarge
        /// The size of that chunk is one byte too small.
        case sizeTooSmall
        /// No line end follows the bytes of the chunks.
        case missingLineEnd
        /// The answer ends without a chunk of size 0.
        case missingLastChunk
    }

    /// How an answer is compressed.
    public enum Coding: String, Sendable, CaseIterable {
        case gzip
        /// What `deflate` means in HTTP.
        case zlib
        /// What some peers mean by `deflate`.
        case raw

        /// The value of `content-encoding`.
        public var name: String {
            switch self {
            case .gzip: "gzip"
            case .zlib, .raw: "deflate"
            }
        }

        func compress(_ bytes: [UInt8]) -> [UInt8] {
            switch self {
            case .gzip: Deflated.gzip(bytes)
            case .zlib: Deflated.zlib(bytes)
            case .raw: Deflated.raw(bytes)
            }
        }
    }

    /// The field that a function's answer has.
    public static let octets = "content-type: application/octet-stream"

    /// Sends a 200 with the content type and the length that a function's answer has.
    public static func sendResult(_ body: [UInt8] = []) -> Self { respond("200 OK", [octets], body) }

    /// Sends a complete response. `status` is the code and the reason.
    public static func respond(_ status: String, _ fields: [String] = [], _ body: [UInt8] = []) -> Self {
        .send(head(status, fields + ["content-length: \(body.count)"]) + body)
    }

    /// Sends a response without a body, or with one where the code allows it.
    public static func status(_ code: Int, retryAfter: String? = nil) -> Self {
        respond("\(code) \(reason(code))", retryAfter.map { ["retry-after: \($0)"] } ?? [])
    }

    /// Sends a redirect to `location`, written as it stands.
    public static func redirect(_ code: Int, to location: String) -> Self {
        respond("\(code) \(reason(code))", ["location: \(location)"])
    }

    /// Sends an interim response: 100, 103 or another 1xx.
    public static func interim(_ code: Int, _ fields: [String] = []) -> Self {
        .send(head("\(code) \(reason(code))", fields))
    }

    /// Sends a 200 in chunks.
    public static func chunked(_ chunks: [[UInt8]], trailers: [String] = [], fault: ChunkFault? = nil) -> Self {
        var bytes = head("200 OK", [octets, "transfer-encoding: chunked"])
        for (index, chunk) in chunks.enumerated() {
            bytes += Array(size(of: chunk, index == min(1, chunks.count - 1) ? fault : nil).utf8) + "\r\n".utf8 + chunk
            if fault != .missingLineEnd {
                bytes += "\r\n".utf8
            }
        }
        if fault != .missingLastChunk {
            bytes += (["0"] + trailers + ["", ""]).joined(separator: "\r\n").utf8
        }
        return .send(bytes)
    }

    /// Sends a 200 whose head announces another length than the body has.
    public static func announced(_ length: Int, _ body: [UInt8]) -> Self {
        .send(head("200 OK", [octets, "content-length: \(length)"]) + body)
    }

    /// Sends a 200 without a body whose head is `count` bytes long, for the most part in one field.
    public static func giantHead(_ count: Int) -> Self {
        let short = head("200 OK", [octets, "content-length: 0", "x: "])
        return .send(head("200 OK", [octets, "content-length: 0", "x: " + String(repeating: "x", count: max(0, count - short.count))]))
    }

    /// Sends a 200 with a compressed body.
    public static func compressed(_ body: [UInt8], _ coding: Coding) -> Self {
        respond("200 OK", [octets, "content-encoding: \(coding.name)"], coding.compress(body))
    }

    /// Sends bytes that are neither HTTP nor TLS.
    public static let garbage = Self.send((0..<64).map { UInt8(truncatingIfNeeded: $0 * 151 + 0x80) })

    static func head(_ status: String, _ fields: [String]) -> [UInt8] {
        Array((["HTTP/1.1 \(status)"] + fields + ["", ""]).joined(separator: "\r\n").utf8)
    }

    private static func size(of chunk: [UInt8], _ fault: ChunkFault?) -> String {
        switch fault {
        case .sizeNotHex: "xyz"
        case .sizeTooLarge: String(repeating: "f", count: 17)
        case .sizeTooSmall: String(max(0, chunk.count - 1), radix: 16)
        case .missingLineEnd, .missingLastChunk, nil: String(chunk.count, radix: 16)
        }
    }

    private static func reason(_ code: Int) -> String {
        switch code {
        case 100: "Continue"
        case 103: "Early Hints"
        case 200: "OK"
        case 300..<400: "Moved"
        case 503: "Service Unavailable"
        default: "Whatever"
        }
    }
}
