internal import TransportCore

/// The request line and the fields of a request that matter here (RFC 9112, sections 3 to 6).
package struct RequestHead: Equatable {
    /// How many bytes the body has.
    package var length: Int
    /// Whether the client sends further requests on the connection.
    package var keepsAlive: Bool
    /// Whether the client waits to be told to send the body (RFC 9110, section 10.1.1).
    package var expectsContinue = false

    /// The most fields that a head may have.
    static let maxFields = 100

    /// Reads a head.
    /// - Parameter bytes: everything from the request line to the last field, line ends included, without the empty line.
    static func parse(_ bytes: UnsafeRawBufferPointer) throws(GatewayRefusal) -> RequestHead {
        var lines = RequestLines(bytes)
        guard let line = try lines.next() else { throw .malformed("it is empty") }
        let (method, minorVersion) = try parseRequestLine(line)
        do throws(GatewayRefusal) {
            var fields = RequestFields()
            var count = 0
            while let line = try lines.next() {
                count += 1
                guard count <= maxFields else { throw .tooManyFields(maxFields) }
                try fields.add(line)
            }
            return try fields.head(isPost: method == .post, minorVersion: minorVersion)
        } catch {
            var refusal = error
            refusal.hasContent = method != .head
            throw refusal
        }
    }

    private enum Method {
        case post
        case head
        case other
    }

    /// - Returns: also a method that is not taken: what is unsound about the rest is said first.
    private static func parseRequestLine(_ line: UnsafeRawBufferPointer) throws(GatewayRefusal) -> (Method, minorVersion: Int) {
        guard let first = line.firstIndex(of: 0x20), let last = line.lastIndex(of: 0x20), first > 0, last > first + 1 else {
            throw .malformed("its first line is not a method, a path and HTTP/1.1")
        }
        let version = line[(last + 1)...]
        guard version.count == 8, version.prefix(5).elementsEqual("HTTP/".utf8), isDigit(version[last + 6]), version[last + 7] == 0x2E,
            isDigit(version[last + 8])
        else {
            throw .malformed("its first line is not a method, a path and HTTP/1.1")
        }
        guard version[last + 6] == 0x31 else { throw .unknownVersion }
        guard line[..<first].allSatisfy(RequestFields.isTokenByte) else { throw .malformed("its method is no word") }
        guard line[(first + 1)..<last].allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .malformed("its path holds what a path cannot")
        }
        let name = line[..<first]
        let method: Method = name.elementsEqual("POST".utf8) ? .post : name.elementsEqual("HEAD".utf8) ? .head : .other
        return (method, Int(version[last + 8] - 0x30))
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte)
    }
}

/// Splits a head into lines that end in CRLF and hold no control characters.
private struct RequestLines {
    private let bytes: UnsafeRawBufferPointer
    private var index = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// The next line without its end, or `nil` after the last one.
    mutating func next() throws(GatewayRefusal) -> UnsafeRawBufferPointer? {
        guard index < bytes.count else { return nil }
        let start = index
        while index < bytes.count {
            let byte = bytes[index]
            if byte == 0x0D {
                guard index + 1 < bytes.count, bytes[index + 1] == 0x0A else { throw .malformed("a carriage return stands alone in it") }
                let line = UnsafeRawBufferPointer(rebasing: bytes[start..<index])
                index += 2
                return line
            }
            // RFC 9110, section 5.5: control characters but the tab are invalid and dangerous in a field.
            guard byte >= 0x20 && byte != 0x7F || byte == 0x09 else { throw .malformed("it holds a control character") }
            index += 1
        }
        throw .malformed("a line of it does not end in CRLF")
    }
}

/// Collects the fields of a head that matter and refuses whatever leaves the end of the body in doubt, so that nobody can hide
/// a request in another one's body (RFC 9112, sections 6.3 and 11.2).
private struct RequestFields {
    private var length: Int?
    private var isCoded = false
    private var isChunked = false
    private var closes = false
    private var expectation: Bool?
    private var hosts = 0
    private var isCompressed = false

    mutating func add(_ line: UnsafeRawBufferPointer) throws(GatewayRefusal) {
        guard let first = line.first, first != 0x20, first != 0x09 else { throw .malformed("a field of it is folded over two lines") }
        guard let colon = line.firstIndex(of: 0x3A), colon > 0 else { throw .malformed("a line of it is not a field") }
        let name = UnsafeRawBufferPointer(rebasing: line[..<colon])
        guard name.allSatisfy(Self.isTokenByte) else { throw .malformed("it has a field with an unsound name") }
        let value = Self.trim(UnsafeRawBufferPointer(rebasing: line[(colon + 1)...]))
        switch name.count {
        case 4 where Self.equal(name, "host"):
            hosts += 1
            // RFC 9112, section 3.2. Nobody here goes by it, but others on the way may.
            guard value.allSatisfy(Self.isHostByte) else { throw .malformed("its Host is none") }
        case 6 where Self.equal(name, "expect"):
            expectation = Self.equal(value, "100-continue")
        case 10 where Self.equal(name, "connection"):
            for word in value.split(whereSeparator: { $0 == 0x2C }) {
                let word = Self.trim(UnsafeRawBufferPointer(rebasing: word))
                if Self.equal(word, "close") { closes = true }
            }
        case 14 where Self.equal(name, "content-length"):
            guard length == nil else { throw .malformed("it has two lengths") }
            length = try Self.number(value)
        case 16 where Self.equal(name, "content-encoding"):
            isCompressed = isCompressed || !Self.equal(value, "identity")
        case 17 where Self.equal(name, "transfer-encoding"):
            isChunked = !isCoded && Self.equal(value, "chunked")
            isCoded = true
        default:
            break
        }
    }

    func head(isPost: Bool, minorVersion: Int) throws(GatewayRefusal) -> RequestHead {
        if isCoded, length != nil { throw .malformed("it has a length and a transfer coding") }
        if isCoded, minorVersion == 0 { throw .malformed("it has a transfer coding, which HTTP/1.0 does not know") }
        guard hosts == 1 || hosts == 0 && minorVersion == 0 else { throw .malformed("it has \(hosts == 0 ? "no" : "more than one") Host") }
        guard isPost else { throw .method }
        if isCoded { throw isChunked ? .lengthRequired : .unknownCoding }
        guard let length else { throw .lengthRequired }
        if isCompressed { throw .compressed }
        if expectation == false { throw .unknownExpectation }
        return RequestHead(
            length: length,
            // An older client would have to be told that the connection stays, which none of ours is.
            keepsAlive: !closes && minorVersion >= 1,
            expectsContinue: expectation == true && minorVersion >= 1
        )
    }

    private static func number(_ value: UnsafeRawBufferPointer) throws(GatewayRefusal) -> Int {
        var number = 0
        guard !value.isEmpty, value.allSatisfy({ (0x30...0x39).contains($0) }) else { throw .malformed("its length is no number") }
        guard value.count <= 18 else { throw .malformed("its length has more than 18 digits") }
        for byte in value {
            number = number * 10 + Int(byte - 0x30)
        }
        return number
    }

    private static func trim(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var bytes = bytes[...]
        while let first = bytes.first, first == 0x20 || first == 0x09 { bytes = bytes.dropFirst() }
        while let last = bytes.last, last == 0x20 || last == 0x09 { bytes = bytes.dropLast() }
        return UnsafeRawBufferPointer(rebasing: bytes)
    }

    /// Whether the bytes are that word, in whatever case its letters are.
    private static func equal(_ bytes: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
        guard bytes.count == word.utf8CodeUnitCount else { return false }
        for index in 0..<bytes.count {
            let byte = bytes[index]
            let lower = (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
            guard lower == word.utf8Start[index] else { return false }
        }
        return true
    }

    /// Whether the byte may stand in a host and its port (RFC 3986, section 3.2.2).
    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        // -._~ %!$&'()*+,;= :[]
        case 0x2D, 0x2E, 0x5F, 0x7E, 0x25, 0x21, 0x24, 0x26...0x2C, 0x3B, 0x3D, 0x3A, 0x5B, 0x5D: true
        default: false
        }
    }

    /// Whether the byte may stand in a method or in the name of a field (RFC 9110, section 5.6.2).
    static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E...0x60, 0x7C, 0x7E: true
        default: false
        }
    }
}
