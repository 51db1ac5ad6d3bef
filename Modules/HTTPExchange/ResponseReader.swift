package import NIOCore
package import TransportCore

/// Reads one response from the bytes of a connection (RFC 9112). A value: no socket, no clock.
///
/// Reading is strict: where a lenient reader and this one could disagree about where the body ends, it is a fault.
/// The whole package sees it, so that it can be fuzzed without a connection around it.
package struct ResponseReader {
    /// The most bytes that a head, interim responses included, or the trailer of a chunked body may have.
    static let maxHeadBytes = 65_536
    /// The most bytes that the line with a chunk's size may have, extensions included.
    static let maxChunkLineBytes = 4_096
    /// How much of a compressed body is inflated before it is looked whether that is enough for now; a thousand times as much may come out.
    static let inflatedPiece = 1_024
    /// The most bytes of an answer that is no success which are read over to keep the connection. Nobody needs them.
    static let maxDiscardedBytes = 65_536
    /// How long they are waited for after the head: a peer that refuses a request may never send them.
    static let pageNanoseconds: Int64 = 250_000_000

    private enum State {
        /// Next: head (after an interim one), body, chunk size, done.
        case head(HeadScanner)
        /// `remaining` bytes are to come; `nil` until the connection ends. Next: done.
        case body(remaining: Int?)
        /// Next: chunk data, trailer.
        case chunkSize
        /// Next: chunk end.
        case chunkData(remaining: Int)
        /// The CRLF after the data of a chunk. Next: chunk size.
        case chunkEnd
        /// Next: done.
        case trailer(HeadScanner)
        /// Final.
        case done
    }

    private var limit: Setting<Int>
    private let allocator: ByteBufferAllocator
    private var state = State.head(.head(room: maxHeadBytes))
    /// Bytes that have arrived and are not understood yet.
    private var pending: ByteBuffer?
    private var head: ResponseHead?
    private var body: ByteBuffer?
    private var bodyBytes = 0
    private var inflater: ResponseInflater?
    /// The head of an earlier response, and what it says: peers send the same one again and again.
    private var recurring = RecurringHead()
    private var knownHead: ResponseHead?
    /// When so many bytes and more have come out of a compressed body at a time, the reader rests, so that others have their turn.
    var restsAfter = Int.max
    /// Whether there is more to understand of what has come: ``continued()`` goes on with it.
    private(set) var isResting = false

    /// - Parameter limit: the most bytes of a body, as sent and after inflating.
    package init(limit: Setting<Int>, allocator: ByteBufferAllocator = ByteBufferAllocator()) {
        self.limit = limit
        self.allocator = allocator
    }

    /// Makes the reader ready for the next response of the same peer.
    package mutating func reset(limit: Setting<Int>) {
        self.limit = limit
        state = .head(.head(room: Self.maxHeadBytes))
        pending = nil
        head = nil
        body = nil
        bodyBytes = 0
        inflater = nil
        isResting = false
        hasBegun = false
        leavesConnectionReusable = false
    }

    /// Whether any byte of the response has arrived.
    private(set) var hasBegun = false

    /// Whether the connection can carry another exchange, once the response is complete.
    package private(set) var leavesConnectionReusable = false

    /// How many bytes of the body are held, inflated where they were compressed.
    var heldBytes: Int { inflater?.output.readableBytes ?? body?.readableBytes ?? 0 }

    /// Whether the answer is known to be no success, so that nobody needs what is still to come of it.
    var isRefusal: Bool { head?.isSuccess == false }

    /// What is being read, for messages.
    package var activity: String {
        switch state {
        case .head: hasBegun ? "the head of the answer was read" : "the answer was awaited"
        case .body, .chunkSize, .chunkData, .chunkEnd, .trailer: "the body of the answer was read (\(bodyBytes) bytes so far)"
        case .done: "the answer was complete"
        }
    }

    /// Takes bytes in; gives the response out when it is complete. While the reader rests, they wait for ``continued()``.
    package mutating func received(_ bytes: ByteBuffer) throws(ResponseFault) -> ExchangeResponse? {
        guard bytes.readableBytes > 0 else { return nil }
        hasBegun = true
        if var kept = pending {
            pending = nil
            kept.writeImmutableBuffer(bytes)
            guard !isResting else {
                pending = kept
                return nil
            }
            return try understood(kept)
        }
        return try understood(bytes)
    }

    /// Goes on with what has come before; gives the response out when it is complete.
    mutating func continued() throws(ResponseFault) -> ExchangeResponse? {
        guard let kept = pending else {
            isResting = false
            return nil
        }
        pending = nil
        return try understood(kept)
    }

    private mutating func understood(_ bytes: ByteBuffer) throws(ResponseFault) -> ExchangeResponse? {
        var input = bytes
        let before = inflater?.output.readableBytes ?? 0
        isResting = false
        do throws(ResponseFault) {
            while !isResting, try step(&input) {
                guard let inflater, inflater.output.readableBytes - before >= restsAfter else { continue }
                // What is whole is handed out at once.
                if case .done = state { continue }
                isResting = input.readableBytes > 0
            }
        } catch {
            guard let answer = abandoned() else { throw error }
            return answer
        }
        if case .done = state {
            if input.readableBytes > 0 {
                leavesConnectionReusable = false
            }
            return try response()
        }
        if input.readableBytes > 0 {
            pending = input
        }
        return nil
    }

    /// The peer has ended the connection.
    /// - Parameter orderly: whether it said that nothing is missing: a FIN, or `close_notify` inside TLS.
    package mutating func ended(orderly: Bool) throws(ResponseFault) -> ExchangeResponse? {
        while isResting {
            if let response = try continued() { return response }
        }
        if case .body(remaining: nil) = state, orderly {
            state = .done
            return try response()
        }
        return abandoned()
    }

    /// Nothing more is to be read: what can be said of the answer all the same. One that is no success is told by its head,
    /// so that a peer which refuses a request and goes away, or sends an unsound page, is understood nevertheless.
    mutating func abandoned() -> ExchangeResponse? {
        guard let head, !head.isSuccess else { return nil }
        state = .done
        leavesConnectionReusable = false
        return Self.response(head, ByteBuffer())
    }

    // MARK: - Steps

    /// Understands the next part of `input`. Returns whether there may be more to understand.
    private mutating func step(_ input: inout ByteBuffer) throws(ResponseFault) -> Bool {
        switch state {
        case .head(let scanner): return try readHead(&input, scanner)
        case .body(let remaining): return try readBody(&input, remaining: remaining)
        case .chunkSize: return try readChunkSize(&input)
        case .chunkData(let remaining): return try readChunkData(&input, remaining: remaining)
        case .chunkEnd: return try readChunkEnd(&input)
        case .trailer(let scanner): return try readTrailer(&input, scanner)
        case .done: return false
        }
    }

    private mutating func readHead(_ input: inout ByteBuffer, _ scanner: HeadScanner) throws(ResponseFault) -> Bool {
        // After an interim response less room is left, which only the scanner minds.
        if scanner.room == Self.maxHeadBytes, var known = knownHead, let match = input.withUnsafeReadableBytes({ recurring.match($0) }) {
            if let length = match.length {
                known.framing = .length(length)
            }
            input.moveReaderIndex(forwardBy: match.count)
            try begin(known)
            return true
        }
        var scanner = scanner
        guard let length = try scanner.end(in: input) else {
            state = .head(scanner)
            return false
        }
        var parsed: Result<ResponseHead, ResponseFault> = .failure(ResponseFault("the answer is empty"))
        input.withUnsafeReadableBytes { bytes in
            let lines = UnsafeRawBufferPointer(rebasing: bytes[..<(length - 2)])
            parsed = Result { () throws(ResponseFault) in try ResponseHead.parse(lines) }
        }
        let head = try parsed.get()
        if head.isSuccess {
            knownHead = head
            input.withUnsafeReadableBytes { bytes in
                recurring.remember(UnsafeRawBufferPointer(rebasing: bytes[..<length]), length: head.lengthThatMayChange)
            }
        }
        input.moveReaderIndex(forwardBy: length)
        if head.isInterim {
            // RFC 9110, section 15.2: more than one may come, and a client that did not ask for them ignores them.
            guard head.status != 101 else { throw ResponseFault("the answer switches to another protocol, which nothing asked for") }
            state = .head(.head(room: scanner.room - length))
            return true
        }
        try begin(head)
        return true
    }

    private mutating func begin(_ head: ResponseHead) throws(ResponseFault) {
        self.head = head
        leavesConnectionReusable = head.keepsAlive
        guard head.isSuccess || head.keepsAlive else {
            // Reading on would serve to keep the connection, which cannot be.
            state = .done
            return
        }
        switch head.framing {
        case .length(let length):
            guard length <= mostBytes(of: head) else { throw tooLarge("the answer announces \(length) bytes, more") }
            state = length == 0 ? .done : .body(remaining: length)
        case .chunked:
            state = .chunkSize
        case .untilClose:
            state = .body(remaining: nil)
        }
        if head.coding != .identity, head.isSuccess {
            inflater = ResponseInflater(head.coding, limit: limit.value, allocator: allocator)
        }
    }

    private var mostAtATime: Int { inflater != nil && restsAfter < .max ? Self.inflatedPiece : .max }

    private func mostBytes(of head: ResponseHead?) -> Int {
        head?.isSuccess == false ? Self.maxDiscardedBytes : limit.value
    }

    private mutating func readBody(_ input: inout ByteBuffer, remaining: Int?) throws(ResponseFault) -> Bool {
        // What is within the limit is looked at before there is too much, so that the fault does not depend on the pieces.
        let count = min(input.readableBytes, remaining ?? max(1, mostBytes(of: head) - bodyBytes), mostAtATime)
        guard count > 0, let piece = input.readSlice(length: count) else { return false }
        try add(piece, expecting: remaining)
        if let remaining {
            state = count == remaining ? .done : .body(remaining: remaining - count)
        }
        return true
    }

    private mutating func readChunkSize(_ input: inout ByteBuffer) throws(ResponseFault) -> Bool {
        let view = input.readableBytesView
        guard let lineEnd = view.firstIndex(of: 0x0A) else {
            guard view.count <= Self.maxChunkLineBytes else { throw ResponseFault("a chunk's size line is too long") }
            return false
        }
        let line = view[view.startIndex..<lineEnd]
        guard line.count <= Self.maxChunkLineBytes else { throw ResponseFault("a chunk's size line is too long") }
        guard line.last == 0x0D else { throw ResponseFault("a chunk's size line does not end in CRLF") }
        let text = line.dropLast()
        let digits = text.prefix { $0.isHexadecimal }
        // Sixteen digits would overflow; nobody sends a chunk of a petabyte.
        guard (1...12).contains(digits.count) else { throw ResponseFault("a chunk's size is not a hexadecimal number") }
        let extensions = text.dropFirst(digits.count).drop { $0 == 0x20 || $0 == 0x09 }
        guard extensions.isEmpty || extensions.first == 0x3B, !extensions.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }) else {
            throw ResponseFault("a chunk's size is followed by something else than an extension")
        }
        let size = digits.reduce(0) { $0 << 4 | Int($1.hexadecimalValue) }
        input.moveReaderIndex(forwardBy: line.count + 1)
        if size == 0 {
            state = .trailer(.trailer(room: Self.maxHeadBytes))
            return true
        }
        guard bodyBytes + size <= mostBytes(of: head) else { throw tooLarge("the answer has more bytes") }
        state = .chunkData(remaining: size)
        return true
    }

    private mutating func readChunkData(_ input: inout ByteBuffer, remaining: Int) throws(ResponseFault) -> Bool {
        let count = min(input.readableBytes, remaining, mostAtATime)
        guard count > 0, let piece = input.readSlice(length: count) else { return false }
        try add(piece, expecting: nil)
        state = count == remaining ? .chunkEnd : .chunkData(remaining: remaining - count)
        return true
    }

    private mutating func readChunkEnd(_ input: inout ByteBuffer) throws(ResponseFault) -> Bool {
        guard let ending = input.readInteger(as: UInt16.self) else { return false }
        guard ending == 0x0D0A else { throw ResponseFault("a chunk has more bytes than its size says") }
        state = .chunkSize
        return true
    }

    private mutating func readTrailer(_ input: inout ByteBuffer, _ scanner: HeadScanner) throws(ResponseFault) -> Bool {
        var scanner = scanner
        guard let length = try scanner.end(in: input) else {
            state = .trailer(scanner)
            return false
        }
        var checked = Result<Void, ResponseFault>.success(())
        input.withUnsafeReadableBytes { bytes in
            checked = Result { () throws(ResponseFault) in
                var lines = HeadLines(UnsafeRawBufferPointer(rebasing: bytes[..<(length - 2)]))
                var fields = HeadFields(keepsTexts: false)
                while let line = try lines.next() { try fields.add(line) }
            }
        }
        try checked.get()
        input.moveReaderIndex(forwardBy: length)
        state = .done
        return true
    }

    // MARK: - Body

    private mutating func add(_ piece: ByteBuffer, expecting length: Int?) throws(ResponseFault) {
        bodyBytes += piece.readableBytes
        guard bodyBytes <= mostBytes(of: head) else { throw tooLarge("the answer has more bytes") }
        if head?.isSuccess == false { return }
        if let inflater {
            do throws(ResponseFault) {
                try inflater.add(piece)
            } catch {
                throw error.kind == .responseTooLarge ? tooLarge("the answer has more bytes when it is inflated") : error
            }
            return
        }
        if var body {
            self.body = nil
            body.writeImmutableBuffer(piece)
            self.body = body
        } else if let length, length > piece.readableBytes {
            // The length is the peer's word; it is believed only as far as it saves growing a few times.
            var fresh = allocator.buffer(capacity: min(length, 1 << 20))
            fresh.writeImmutableBuffer(piece)
            body = fresh
        } else {
            body = piece
        }
    }

    private mutating func response() throws(ResponseFault) -> ExchangeResponse? {
        guard let head else { return nil }
        let content = try inflater?.finish() ?? body ?? ByteBuffer()
        inflater = nil
        body = nil
        return Self.response(head, content)
    }

    private static func response(_ head: ResponseHead, _ body: ByteBuffer) -> ExchangeResponse {
        ExchangeResponse(
            status: head.status,
            mediaType: head.mediaType,
            refusal: head.refusal,
            body: body
        )
    }

    private func tooLarge(_ what: String) -> ResponseFault {
        ResponseFault("\(what) than payload_max_bytes allows, \(limit.value) (\(limit.source))", kind: .responseTooLarge)
    }
}

extension UInt8 {
    fileprivate var isHexadecimal: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
        default: false
        }
    }

    /// The value of a hexadecimal digit.
    fileprivate var hexadecimalValue: UInt8 {
        self <= 0x39 ? self - 0x30 : (self | 0x20) - 0x61 + 10
    }
}
