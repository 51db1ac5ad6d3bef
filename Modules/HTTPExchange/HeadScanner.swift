internal import NIOCore
internal import TransportCore

/// Finds the empty line that ends a head or a trailer, looking at every byte once, however the bytes arrive.
///
/// It refuses what cannot become a head any more as soon as that is certain, so that a peer that speaks another protocol,
/// or ends its lines otherwise, is not waited for.
struct HeadScanner {
    /// What the bytes are, for messages.
    let what: StaticString
    /// The most bytes there may be.
    private(set) var room: Int
    private let beginsAnswer: Bool
    private var scanned = 0
    private var lineStart = 0

    /// The scanner for a head; `room` includes the interim ones before it.
    static func head(room: Int) -> HeadScanner {
        HeadScanner(what: "head", room: room, beginsAnswer: true)
    }

    /// The scanner for the trailer of a chunked body.
    static func trailer(room: Int) -> HeadScanner {
        HeadScanner(what: "trailer", room: room, beginsAnswer: false)
    }

    private init(what: StaticString, room: Int, beginsAnswer: Bool) {
        self.what = what
        self.room = room
        self.beginsAnswer = beginsAnswer
    }

    /// How many bytes there are up to and with the empty line, or `nil` when it has not arrived yet.
    /// - Parameter input: everything since the beginning.
    mutating func end(in input: ByteBuffer) throws(ResponseFault) -> Int? {
        var outcome = Result<Int?, ResponseFault>.success(nil)
        input.withUnsafeReadableBytes { bytes in
            outcome = Result { () throws(ResponseFault) in try scan(bytes) }
        }
        return try outcome.get()
    }

    private mutating func scan(_ bytes: UnsafeRawBufferPointer) throws(ResponseFault) -> Int? {
        if beginsAnswer, !bytes.begins(with: "HTTP/1.") {
            // An alert of TLS, whose records begin with their kind and the major version 3 (RFC 8446, section 5.1).
            if bytes.prefix(2).elementsEqual([0x15, 0x03]) {
                throw ResponseFault("the answer does not begin with HTTP/1.1 but with a record of TLS; write https:// or https+unix://")
            }
            throw ResponseFault("the answer does not begin with HTTP/1.1 but with \(sent: ResponseHead.excerpt(bytes))", isNoResponse: true)
        }
        let count = min(bytes.count, room)
        while scanned < count {
            let byte = bytes[scanned]
            scanned += 1
            guard byte == 0x0A else { continue }
            guard scanned > lineStart + 1, bytes[scanned - 2] == 0x0D else {
                throw ResponseFault("a line of the answer's \(what) does not end in CRLF")
            }
            if scanned == lineStart + 2 { return scanned }
            lineStart = scanned
        }
        guard bytes.count <= room else {
            throw ResponseFault("the \(what) of the answer has more than \(ResponseReader.maxHeadBytes) bytes")
        }
        return nil
    }
}
