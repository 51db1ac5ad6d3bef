internal import TransportCore

/// The status line and the fields of a response that matter here (RFC 9112, sections 4 to 6).
struct ResponseHead: Equatable {
    /// How the end of the body is found (RFC 9112, section 6.3).
    enum Framing: Equatable {
        case length(Int)
        case chunked
        /// The body ends where the connection does.
        case untilClose
    }

    /// How the body is coded (RFC 9110, section 8.4.1).
    enum Coding: Equatable {
        case identity
        case gzip
        case deflate
    }

    var status: Int
    var framing: Framing
    var coding = Coding.identity
    /// Whether the peer keeps the connection open.
    var keepsAlive: Bool
    var mediaType = ExchangeResponse.MediaType.missing
    var refusal = ExchangeResponse.RefusalFields.none

    /// Whether this is an interim response, after which another one comes.
    var isInterim: Bool { (100...199).contains(status) }

    /// Whether the body is what was asked for.
    var isSuccess: Bool { (200...299).contains(status) }

    /// The length of the body where a head that is the same but for another one says the same otherwise. Without a body more is
    /// allowed.
    var lengthThatMayChange: Int? {
        if case .length(let length) = framing, length > 0 { length } else { nil }
    }

    /// Reads a head.
    /// - Parameter bytes: everything from the status line to the last field, line ends included, without the empty line.
    static func parse(_ bytes: UnsafeRawBufferPointer) throws(ResponseFault) -> ResponseHead {
        var lines = HeadLines(bytes)
        guard let statusLine = try lines.next() else { throw ResponseFault("the answer is empty") }
        let (minorVersion, status) = try parseStatusLine(statusLine)
        var fields = HeadFields(keepsTexts: !(200...299).contains(status))
        while let line = try lines.next() {
            try fields.add(line)
        }
        return try fields.head(status: status, minorVersion: minorVersion)
    }

    private static func parseStatusLine(_ line: UnsafeRawBufferPointer) throws(ResponseFault) -> (minorVersion: Int, status: Int) {
        guard line.count >= 12, line.begins(with: "HTTP/1."), line[7] == 0x30 || line[7] == 0x31, line[8] == 0x20 else {
            throw ResponseFault("the answer does not begin with HTTP/1.1 but with \(sent: excerpt(line))", isNoResponse: true)
        }
        var status = 0
        for index in 9..<12 {
            guard (0x30...0x39).contains(line[index]), line.count == 12 || line[12] == 0x20 else {
                throw ResponseFault("the answer's status is not a number of three digits: \(sent: excerpt(line))")
            }
            status = status * 10 + Int(line[index] - 0x30)
        }
        guard (100...599).contains(status) else {
            throw ResponseFault("the answer's status is \(status)")
        }
        return (Int(line[7] - 0x30), status)
    }

    /// The beginning of some bytes, safe to print.
    static func excerpt(_ bytes: UnsafeRawBufferPointer, atMost limit: Int = 32) -> String {
        let shown = bytes.prefix(limit).map { (0x20...0x7E).contains($0) ? Character(UnicodeScalar($0)) : "." }
        return String(shown) + (bytes.count > limit ? "…" : "")
    }
}

/// Splits a head into lines that end in CRLF and hold no control characters.
struct HeadLines {
    private let bytes: UnsafeRawBufferPointer
    private var index = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// The next line without its end, or `nil` after the last one.
    mutating func next() throws(ResponseFault) -> UnsafeRawBufferPointer? {
        guard index < bytes.count else { return nil }
        let start = index
        while index < bytes.count {
            let byte = bytes[index]
            if byte == 0x0D {
                guard index + 1 < bytes.count, bytes[index + 1] == 0x0A else {
                    throw ResponseFault("a carriage return stands alone in the answer's head")
                }
                let line = UnsafeRawBufferPointer(rebasing: bytes[start..<index])
                index += 2
                return line
            }
            // RFC 9110, section 5.5: control characters but the tab are invalid and dangerous in a field.
            guard byte >= 0x20 && byte != 0x7F || byte == 0x09 else {
                throw ResponseFault("the answer's head holds the control character \(byte)")
            }
            index += 1
        }
        throw ResponseFault("a line of the answer's head does not end in CRLF")
    }
}

/// Collects the fields of a head that matter and refuses whatever leaves the end of the body in doubt.
struct HeadFields {
    /// Whether the texts of fields are kept that only an answer without success is asked for.
    let keepsTexts: Bool
    private var length: Int?
    private var isChunked = false
    private var closes = false
    private var keepsAlive = false
    private var coding = ResponseHead.Coding.identity
    /// Why the body cannot be read, where somebody wants to.
    private var codingFault: ResponseFault?
    private var mediaType = ExchangeResponse.MediaType.missing
    private var location: String?
    private var retryAfter: String?
    private var date: String?

    init(keepsTexts: Bool) {
        self.keepsTexts = keepsTexts
    }

    /// Takes one field line in.
    mutating func add(_ line: UnsafeRawBufferPointer) throws(ResponseFault) {
        guard let first = line.first, first != 0x20, first != 0x09 else {
            throw ResponseFault("a field of the answer's head is folded over two lines")
        }
        guard let colon = line.firstIndex(of: 0x3A), colon > 0 else {
            throw ResponseFault("a line of the answer's head is not a field: \(sent: ResponseHead.excerpt(line))")
        }
        let name = UnsafeRawBufferPointer(rebasing: line[..<colon])
        guard name.allSatisfy(Self.isTokenByte) else {
            throw ResponseFault("the answer has a field with an unsound name: \(sent: ResponseHead.excerpt(name))")
        }
        let value = Self.trim(UnsafeRawBufferPointer(rebasing: line[(colon + 1)...]))
        try add(name: name, value: value)
    }

    private mutating func add(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) throws(ResponseFault) {
        switch name.count {
        case 4 where keepsTexts && Self.equal(name, "date"):
            date = Self.text(value)
        case 8 where keepsTexts && Self.equal(name, "location"):
            location = Self.text(value)
        case 10 where Self.equal(name, "connection"):
            for option in value.split(separator: 0x2C) {
                let option = Self.trim(UnsafeRawBufferPointer(rebasing: option))
                closes = closes || Self.equal(option, "close")
                keepsAlive = keepsAlive || Self.equal(option, "keep-alive")
            }
        case 11 where keepsTexts && Self.equal(name, "retry-after"):
            retryAfter = Self.text(value)
        case 12 where Self.equal(name, "content-type"):
            mediaType = Self.mediaType(value)
        case 14 where Self.equal(name, "content-length"):
            try addLength(value)
        case 16 where Self.equal(name, "content-encoding"):
            addCoding(value)
        case 17 where Self.equal(name, "transfer-encoding"):
            // A coding after or before `chunked` is legal, but nothing here asked for one.
            guard Self.equal(value, "chunked") else {
                throw ResponseFault("the answer's Transfer-Encoding is \(sent: ResponseHead.excerpt(value)), not chunked")
            }
            guard !isChunked else { throw ResponseFault("the answer has two Transfer-Encodings") }
            isChunked = true
        default:
            break
        }
    }

    private mutating func addLength(_ value: UnsafeRawBufferPointer) throws(ResponseFault) {
        guard length == nil else { throw ResponseFault("the answer has two Content-Lengths") }
        guard !value.isEmpty, value.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw ResponseFault("the answer's Content-Length is not a number: \(sent: ResponseHead.excerpt(value))")
        }
        guard value.count <= 18 else {
            throw ResponseFault("the answer's Content-Length has more than 18 digits: \(sent: ResponseHead.excerpt(value))")
        }
        length = value.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    private mutating func addCoding(_ value: UnsafeRawBufferPointer) {
        let added: ResponseHead.Coding
        switch Self.text(value).lowercased() {
        case "", "identity": return
        case "gzip", "x-gzip": added = .gzip
        case "deflate": added = .deflate
        default:
            codingFault = ResponseFault(
                "the answer's Content-Encoding is \(sent: ResponseHead.excerpt(value)); only gzip and deflate were asked for"
            )
            return
        }
        if coding != .identity {
            codingFault = ResponseFault("the answer is coded twice")
        }
        coding = added
    }

    /// Puts the parts together (RFC 9112, section 6.3).
    func head(status: Int, minorVersion: Int) throws(ResponseFault) -> ResponseHead {
        guard !(isChunked && length != nil) else {
            throw ResponseFault("the answer has both a Content-Length and chunks")
        }
        guard !(isChunked && minorVersion == 0) else {
            throw ResponseFault("the answer has chunks, which HTTP/1.0 does not know")
        }
        var framing: ResponseHead.Framing =
            if isChunked { .chunked } else if let length { .length(length) } else { .untilClose }
        var lasts = !closes && (minorVersion == 1 || keepsAlive)
        if status < 200 || status == 204 || status == 304 {
            // These never have a body. A peer that announces one all the same cannot be trusted with another request.
            if status >= 200, isChunked || (length ?? 0) > 0 { lasts = false }
            framing = .length(0)
        }
        if framing == .untilClose { lasts = false }
        if let codingFault, (200...299).contains(status), framing != .length(0) { throw codingFault }
        return ResponseHead(
            status: status,
            framing: framing,
            coding: coding,
            keepsAlive: lasts,
            mediaType: mediaType,
            refusal: .init(location: location, retryAfter: retryAfter, date: date)
        )
    }

    // MARK: - Bytes

    private static func mediaType(_ value: UnsafeRawBufferPointer) -> ExchangeResponse.MediaType {
        let essence = trim(UnsafeRawBufferPointer(rebasing: value.prefix { $0 != 0x3B }))
        if equal(essence, "application/octet-stream") { return .octetStream }
        return essence.isEmpty ? .missing : .other(ResponseHead.excerpt(essence, atMost: 100))
    }

    private static func equal(_ bytes: UnsafeRawBufferPointer, _ lowercase: StaticString) -> Bool {
        guard bytes.count == lowercase.utf8CodeUnitCount else { return false }
        for index in bytes.indices {
            let byte = bytes[index]
            let folded = (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
            if folded != lowercase.utf8Start[index] { return false }
        }
        return true
    }

    private static func trim(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var (start, end) = (0, bytes.count)
        while start < end, bytes[start] == 0x20 || bytes[start] == 0x09 { start += 1 }
        while start < end, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: bytes[start..<end])
    }

    /// A value as text. Control characters beyond ASCII are replaced: a terminal obeys them like those within, and the
    /// values of some fields are shown to whoever made the call.
    private static func text(_ value: UnsafeRawBufferPointer) -> String {
        let text = String(decoding: value, as: UTF8.self)
        guard value.contains(where: { $0 >= 0x80 }) else { return text }
        var shown = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            shown.append((0x80...0x9F).contains(scalar.value) ? "\u{FFFD}" : scalar)
        }
        return String(shown)
    }

    /// RFC 9110, section 5.6.2.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case 0x21, 0x23, 0x24, 0x25, 0x26, 0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E, 0x5F, 0x60, 0x7C, 0x7E: true
        default: false
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Whether the first bytes are those of `text`, or all of them where there are fewer.
    func begins(with text: StaticString) -> Bool {
        for index in 0..<Swift.min(count, text.utf8CodeUnitCount) where self[index] != text.utf8Start[index] {
            return false
        }
        return true
    }
}
