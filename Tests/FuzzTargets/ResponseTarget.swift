import HTTPExchange
import NIOCore
import TransportCore

/// Reading a response.
///
/// The first byte chooses the circumstances: its low three bits `payload_max_bytes`, the fourth whether the peer ends the
/// connection in order. The rest is what the peer sends. `f` and `n` stand for 4096 bytes without and with an orderly end.
enum ResponseTarget {
    private static let limits = [0, 1, 16, 64, 256, 1024, 4096, 65_536]

    static func run(_ bytes: UnsafeRawBufferPointer) throws(BrokenInvariant) {
        guard let choice = bytes.first else { return }
        let answer = ByteBuffer(bytes: bytes.dropFirst())
        let limit = limits[Int(choice & 7)]
        let isOrderly = choice & 8 != 0
        var reader = ResponseReader(limit: Setting(limit, from: .byDefault))
        let whole = outcome(of: answer, &reader, isOrderly) { $0 }
        try checkSound(whole, limit)
        let bytewise = outcome(of: answer, limit, isOrderly) { _ in 1 }
        try check(bytewise == whole, "byte by byte it is \(bytewise), at once \(whole)")
        var random = FNV1a(bytes)
        let inPieces = outcome(of: answer, limit, isOrderly) { left in min(left, 1 + Int(random.next() % 64)) }
        try check(inPieces == whole, "in pieces it is \(inPieces), at once \(whole)")
        reader.reset(limit: Setting(limit, from: .byDefault))
        let again = outcome(of: answer, &reader, isOrderly) { $0 }
        try check(again == whole, "by a reader that has read it before it is \(again), the first time \(whole)")
        for _ in 0..<4 where answer.readableBytes > 0 {
            try checkAfter(answer, &reader, limit, isOrderly, &random)
        }
    }

    /// Whether a reader that has read something else, which differs in one byte or has one more, reads the same as a new one.
    private static func checkAfter(
        _ answer: ByteBuffer,
        _ reader: inout ResponseReader,
        _ limit: Int,
        _ isOrderly: Bool,
        _ random: inout FNV1a
    ) throws(BrokenInvariant) {
        var changed = answer
        let place = answer.readerIndex + Int(random.next() % UInt64(answer.readableBytes))
        let byte = UInt8(truncatingIfNeeded: random.next())
        if random.next() % 2 == 0 {
            changed.setInteger(byte, at: place)
        } else if let rest = changed.getSlice(at: place, length: changed.writerIndex - place) {
            changed.moveWriterIndex(to: place)
            changed.writeInteger(byte)
            changed.writeImmutableBuffer(rest)
        }
        reader.reset(limit: Setting(limit, from: .byDefault))
        let later = outcome(of: changed, &reader, isOrderly) { $0 }
        let fresh = outcome(of: changed, limit, isOrderly) { $0 }
        try check(later == fresh, "after another one it is \(later), by itself \(fresh)")
    }

    private enum Outcome: Equatable {
        case response(ExchangeResponse, isReusable: Bool)
        case fault(ResponseFault)
        /// The connection ended before the response did.
        case incomplete

        // Messages may say how far the reading came, which differs with the pieces.
        static func == (left: Self, right: Self) -> Bool {
            switch (left, right) {
            case (.response(let left, let leftIsReusable), .response(let right, let rightIsReusable)):
                left == right && leftIsReusable == rightIsReusable
            case (.fault(let left), .fault(let right)): left.kind == right.kind
            case (.incomplete, .incomplete): true
            case (.response, _), (.fault, _), (.incomplete, _): false
            }
        }
    }

    /// Feeds an answer in.
    /// - Parameter nextLength: how long the next piece is, given how many bytes are left.
    private static func outcome(
        of answer: ByteBuffer,
        _ limit: Int,
        _ isOrderly: Bool,
        _ nextLength: (Int) -> Int
    ) -> Outcome {
        var reader = ResponseReader(limit: Setting(limit, from: .byDefault))
        return outcome(of: answer, &reader, isOrderly, nextLength)
    }

    private static func outcome(
        of answer: ByteBuffer,
        _ reader: inout ResponseReader,
        _ isOrderly: Bool,
        _ nextLength: (Int) -> Int
    ) -> Outcome {
        var left = answer
        do throws(ResponseFault) {
            while left.readableBytes > 0, let piece = left.readSlice(length: nextLength(left.readableBytes)) {
                _ = reader.activity
                if let response = try reader.received(piece) {
                    // What comes after a response costs the connection, whether it comes with the response or later.
                    return .response(response, isReusable: reader.leavesConnectionReusable && left.readableBytes == 0)
                }
            }
            if let response = try reader.ended(orderly: isOrderly) {
                return .response(response, isReusable: reader.leavesConnectionReusable)
            }
            return .incomplete
        } catch {
            return .fault(error)
        }
    }

    private static func checkSound(_ outcome: Outcome, _ limit: Int) throws(BrokenInvariant) {
        switch outcome {
        case .response(let response, _):
            try check((200...599).contains(response.status), "a response has a final status, not \(response.status)")
            try check(response.body.readableBytes <= limit, "\(response.body.readableBytes) bytes of a body are within \(limit)")
            try check(response.status < 300 || response.body.readableBytes == 0, "only a success has a body")
            for field in [response.location, response.retryAfter, response.date].compactMap({ $0 }) {
                try checkHoldsNoControls(field.filter { $0 != "\t" }, "a field of a response")
            }
            if case .other(let type) = response.mediaType {
                try checkHoldsNoControls(type, "a media type")
            }
        case .fault(let fault):
            try checkHoldsNoControls(fault.message, "the message of a fault")
            try check(
                fault.kind == .malformedResponse || fault.kind == .responseTooLarge,
                "a fault is of the two kinds that there are, not \(fault.kind)"
            )
        case .incomplete:
            break
        }
    }
}
