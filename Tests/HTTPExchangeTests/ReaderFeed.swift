import NIOCore
import Testing
import TransportCore

@testable import HTTPExchange

/// How a connection ends after the bytes of an answer.
enum End: Sendable {
    /// It stays open.
    case none
    /// With a FIN, or `close_notify` inside TLS.
    case orderly
    case unorderly
}

/// What a ``ResponseReader`` makes of some bytes.
enum Outcome: Equatable, Sendable {
    case response(ExchangeResponse, isReusable: Bool)
    case fault(RequestReplyFailure.Kind)
    /// More is needed.
    case incomplete
}

/// Feeds bytes to readers in different pieces.
struct ReaderFeed {
    let bytes: [UInt8]
    let end: End
    let limit: Int

    init(_ bytes: [UInt8], end: End = .none, limit: Int = 1000) {
        self.bytes = bytes
        self.end = end
        self.limit = limit
    }

    init(_ text: String, end: End = .none, limit: Int = 1000) {
        self.init(Array(text.utf8), end: end, limit: limit)
    }

    /// What comes of pieces that arrive one after the other. A connection takes no bytes after the answer: they make it useless.
    func outcome(pieces: [ArraySlice<UInt8>]) -> (outcome: Outcome, message: String) {
        var reader = ResponseReader(limit: Setting(limit, from: .byDefault))
        return outcome(pieces: pieces, &reader)
    }

    private func outcome(pieces: [ArraySlice<UInt8>], _ reader: inout ResponseReader) -> (outcome: Outcome, message: String) {
        do throws(ResponseFault) {
            for (index, piece) in pieces.enumerated() {
                if let response = try reader.received(ByteBuffer(bytes: piece)) {
                    let isLast = index == pieces.count - 1
                    return (.response(response, isReusable: reader.leavesConnectionReusable && isLast), "")
                }
            }
            if end != .none, let response = try reader.ended(orderly: end == .orderly) {
                return (.response(response, isReusable: reader.leavesConnectionReusable), "")
            }
            return (.incomplete, "")
        } catch {
            return (.fault(error.kind), error.message)
        }
    }

    /// What comes of all bytes at once.
    var whole: (outcome: Outcome, message: String) { outcome(pieces: bytes.isEmpty ? [] : [bytes[...]]) }

    /// Checks that it makes no difference what a reader has read before: these very bytes, or the same head with another body.
    private func expectSameAgain(as expected: Outcome, _ location: SourceLocation) {
        var reader = ResponseReader(limit: Setting(limit, from: .byDefault))
        for pieces in [[bytes[...]], bytes.indices.map { bytes[$0...$0] }, [bytes[...]]] {
            let outcome = outcome(pieces: pieces, &reader).outcome
            #expect(outcome == expected, "after the same", sourceLocation: location)
            reader.reset(limit: Setting(limit, from: .byDefault))
        }
    }

    /// Checks that the pieces in which the bytes arrive make no difference: one by one, and cut in two anywhere.
    func expectSameInPieces(as expected: Outcome, _ comment: Comment? = nil, _ location: SourceLocation = #_sourceLocation) {
        expectSameAgain(as: expected, location)
        let single = outcome(pieces: bytes.indices.map { bytes[$0...$0] }).outcome
        #expect(single == expected, comment ?? "byte by byte", sourceLocation: location)
        for cut in bytes.indices.dropFirst() {
            let cutOutcome = outcome(pieces: [bytes[..<cut], bytes[cut...]]).outcome
            if cutOutcome != expected {
                Issue.record("cut at \(cut): \(cutOutcome) instead of \(expected)", sourceLocation: location)
                return
            }
        }
    }

    /// Checks what comes of the bytes, in whatever pieces they arrive.
    func expect(_ expected: Outcome, _ location: SourceLocation = #_sourceLocation) {
        #expect(whole.outcome == expected, "at once", sourceLocation: location)
        expectSameInPieces(as: expected, nil, location)
    }

    /// Checks that the bytes are a fault that is told in some words, in whatever pieces they arrive.
    func expectFault(
        _ kind: RequestReplyFailure.Kind = .malformedResponse,
        saying words: String,
        _ location: SourceLocation = #_sourceLocation
    ) {
        let (outcome, message) = whole
        #expect(outcome == .fault(kind), "at once", sourceLocation: location)
        #expect(message.contains(words), sourceLocation: location)
        expectSameInPieces(as: .fault(kind), nil, location)
    }
}

extension ExchangeResponse {
    /// An answer with the fields that most have.
    static func of(
        _ status: Int = 200,
        _ body: String = "",
        _ mediaType: MediaType = .octetStream,
        location: String? = nil,
        retryAfter: String? = nil,
        date: String? = nil
    ) -> ExchangeResponse {
        ExchangeResponse(
            status: status,
            mediaType: mediaType,
            location: location,
            retryAfter: retryAfter,
            date: date,
            body: ByteBuffer(string: body)
        )
    }
}
