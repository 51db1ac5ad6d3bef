package import NIOCore
internal import TransportCore

/// Takes the requests of one connection out of its bytes, one at a time, strictly: what other programs on the way might read
/// differently is refused.
///
/// A request is a head and as many bytes as its length says. Its body is a part of the buffer that it came in where it came at
/// once, and is put together otherwise.
package struct RequestReader {
    /// What the bytes so far come to.
    package enum Event: Equatable {
        /// More bytes are needed.
        case incomplete
        case head(RequestHead)
        case body(ByteBuffer)
    }

    private enum State: Equatable {
        /// Next: body.
        case head
        /// So many bytes are wanted, and are put together in ``RequestReader/body``. Next: head.
        case body(Int)
    }

    /// So many bytes of a body are made room for at a time.
    static let mostBytes = 1 << 20

    /// The most bytes of a head.
    let headLimit: Int
    private var state = State.head
    private var input = ByteBuffer()
    private(set) var body = ByteBuffer()
    /// How many bytes of the head have been looked at.
    private var scanned = 0
    private var lineStart = 0
    private var hasPassedEmptyLine = false
    /// The head of an earlier request, and what it says: clients send the same one again and again.
    private var recurring = RecurringHead()
    private var knownHead: RequestHead?

    package init(headLimit: Int) {
        self.headLimit = headLimit
    }

    /// How many bytes wait that belong to no request yet.
    package var unreadBytes: Int { input.readableBytes }

    /// Whether something of a request has come.
    var hasBegun: Bool { input.readableBytes > 0 || state != .head }

    /// As much of a body as has come.
    var begun: ByteBuffer { body.readableBytes > 0 ? body : input }

    /// How many bytes of a body are to come.
    var missing: Int {
        switch state {
        case .head: 0
        case .body(let length): max(0, length - begun.readableBytes)
        }
    }

    /// Takes bytes in.
    package mutating func append(_ bytes: inout ByteBuffer) {
        // A body that has begun is put together in one place, so that nothing of it is left in another.
        if gather(), var part = bytes.readSlice(length: min(missing, bytes.readableBytes)) {
            body.writeBuffer(&part)
            guard bytes.readableBytes > 0 else { return }
        }
        if input.readableBytes == 0 {
            input = bytes
        } else {
            input.writeBuffer(&bytes)
        }
    }

    /// Receives what has arrived of a body past the channel, at most a megabyte of it.
    mutating func receive(from socket: SystemSocket) {
        if gather() { _ = socket.receive(min(missing, Self.mostBytes), into: &body) }
    }

    /// Has a body that has begun go on in memory of its own.
    /// - Returns: whether something of it is missing.
    private mutating func gather() -> Bool {
        guard case .body(let length) = state, missing > 0 else { return false }
        guard body.readableBytes == 0, input.readableBytes > 0 else { return body.readableBytes > 0 }
        if input.writableBytes >= missing {
            body = input
        } else {
            // What is promised is believed step by step.
            body = ByteBufferAllocator().buffer(capacity: min(length, Self.mostBytes))
            body.writeBuffer(&input)
        }
        input = ByteBuffer()
        return true
    }

    /// The next thing that can be read.
    /// - Throws: ``GatewayRefusal`` where the bytes are no request; nothing can be read after it.
    package mutating func next() throws(GatewayRefusal) -> Event {
        switch state {
        case .head: try nextHead()
        case .body(let length): nextBody(length)
        }
    }

    private mutating func nextHead() throws(GatewayRefusal) -> Event {
        while scanned == 0, let first = input.getInteger(at: input.readerIndex, as: UInt8.self), first == 0x0D {
            guard let second = input.getInteger(at: input.readerIndex + 1, as: UInt8.self) else { return .incomplete }
            guard second == 0x0A else { break }
            // RFC 9112, section 2.2: one empty line before a request is passed over.
            guard !hasPassedEmptyLine else { throw .malformed("it is empty") }
            hasPassedEmptyLine = true
            input.moveReaderIndex(forwardBy: 2)
        }
        if var known = knownHead, let match = input.withUnsafeReadableBytes({ recurring.match($0) }), match.count <= headLimit {
            known.length = match.length ?? known.length
            return passed(known, match.count)
        }
        guard let count = try scan() else {
            input = input.withoutSlack
            return .incomplete
        }
        var outcome = Result<RequestHead, GatewayRefusal>.failure(.malformed("it is empty"))
        input.withUnsafeReadableBytes { bytes in
            let head = UnsafeRawBufferPointer(rebasing: bytes[..<(count - 2)])
            outcome = Result { () throws(GatewayRefusal) in try RequestHead.parse(head) }
        }
        let head = try outcome.get()
        knownHead = head
        input.withUnsafeReadableBytes { bytes in
            recurring.remember(UnsafeRawBufferPointer(rebasing: bytes[..<count]), length: head.length)
        }
        return passed(head, count)
    }

    private mutating func passed(_ head: RequestHead, _ count: Int) -> Event {
        input.moveReaderIndex(forwardBy: count)
        scanned = 0
        lineStart = 0
        hasPassedEmptyLine = false
        state = .body(head.length)
        return .head(head)
    }

    /// Looks for the empty line that ends the head, at every byte once.
    /// - Returns: how many bytes there are up to and with it; `nil` where it has not come.
    private mutating func scan() throws(GatewayRefusal) -> Int? {
        var found: Int?
        var isUnsound = false
        let (limit, start) = (headLimit, scanned)
        var line = lineStart
        let read = input.withUnsafeReadableBytes { bytes in
            let count = min(bytes.count, limit)
            var index = start
            while index < count {
                let byte = bytes[index]
                index += 1
                guard byte == 0x0A else { continue }
                guard index > line + 1, bytes[index - 2] == 0x0D else {
                    isUnsound = true
                    return index
                }
                if index == line + 2 {
                    found = index
                    return index
                }
                line = index
            }
            return index
        }
        scanned = read
        lineStart = line
        if isUnsound { throw .malformed("a line of it does not end in CRLF") }
        if let found { return found }
        guard input.readableBytes < headLimit else { throw .headTooLong(headLimit) }
        return nil
    }

    private mutating func nextBody(_ length: Int) -> Event {
        guard missing == 0 else { return .incomplete }
        if body.readableBytes > 0 { return finish(body) }
        return input.readSlice(length: length).map { finish($0.withoutSlack) } ?? .incomplete
    }

    private mutating func finish(_ whole: ByteBuffer) -> Event {
        body = ByteBuffer()
        state = .head
        if input.readableBytes == 0 {
            input = ByteBuffer()
        }
        return .body(whole)
    }
}

extension ByteBuffer {
    /// The bytes of a buffer that matters to nobody, however little of it is used.
    private static let smallBuffer = 16 << 10

    /// The same bytes, in memory of their own where they fill less than half of a large buffer: what a connection reads into is as large
    /// as its earlier messages were, and a message holds it until it has been answered.
    fileprivate var withoutSlack: ByteBuffer {
        guard storageCapacity > Self.smallBuffer, readableBytes < storageCapacity / 2 else { return self }
        return ByteBuffer(bytes: readableBytesView)
    }
}
