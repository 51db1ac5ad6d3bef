import NIOCore
import Testing
import TransportCore

@Suite struct ResponseVerdictTests {
    private static let body = ByteBuffer(bytes: [1, 2, 3])

    private func verdict(
        _ status: Int,
        _ mediaType: ExchangeResponse.MediaType = .octetStream,
        location: String? = nil,
        retryAfter: String? = nil,
        body: ByteBuffer = body
    ) -> ResponseVerdict {
        ExchangeResponse(
            status: status,
            mediaType: mediaType,
            location: location,
            retryAfter: retryAfter,
            date: "Sun, 06 Nov 1994 08:49:37 GMT",
            body: body
        ).verdict
    }

    private func failure(_ verdict: ResponseVerdict, _ location: SourceLocation = #_sourceLocation) throws -> RequestReplyFailure {
        switch verdict {
        case .failed(let failure): return failure
        case .answered, .redirected:
            Issue.record("\(verdict) instead of a failure", sourceLocation: location)
            throw RequestReplyFailure(.transport, "no failure")
        }
    }

    @Test("every 2xx with the right body is an answer", arguments: [200, 201, 202, 203, 206, 299])
    func answers(status: Int) {
        #expect(verdict(status) == .answered(Self.body))
    }

    @Test(
        "204, and any 2xx without a body, is a result without effects, whatever its content type",
        arguments: [(200, ExchangeResponse.MediaType.missing), (200, .other("text/html")), (200, .octetStream), (204, .missing)]
    )
    func empty(status: Int, mediaType: ExchangeResponse.MediaType) {
        #expect(verdict(status, mediaType, body: ByteBuffer()) == .answered(ByteBuffer()))
    }

    @Test("a body of another type is a failure that names the type and is not retried")
    func contentType() throws {
        let wrong = try failure(verdict(200, .other("text/html")))
        #expect(wrong.kind == .contentType)
        #expect(!wrong.mayRetry)
        #expect(wrong.status == 200)
        #expect(wrong.message.contains("'text/html'"))
        #expect(wrong.message.contains("application/octet-stream"))
        let missing = try failure(verdict(200, .missing))
        #expect(missing.kind == .contentType)
        #expect(missing.message.contains("no Content-Type"))
    }

    @Test("statuses that may pass are retried", arguments: [408, 409, 420, 429, 499, 500, 501, 502, 503, 504, 505, 520, 599])
    func passing(status: Int) throws {
        let failure = try failure(verdict(status, .other("text/html"), body: ByteBuffer()))
        #expect(failure.kind == .passingStatus)
        #expect(failure.mayRetry)
        #expect(failure.status == status)
        #expect(failure.message.contains("\(status)"))
    }

    @Test(
        "every other status ends the call",
        arguments: [300, 304, 305, 306, 309, 400, 401, 403, 404, 405, 410, 411, 413, 415, 418, 421, 422, 426, 428, 431, 451, 498]
    )
    func final(status: Int) throws {
        let failure = try failure(verdict(status))
        #expect(failure.kind == .finalStatus)
        #expect(!failure.mayRetry)
        #expect(failure.status == status)
    }

    @Test("the wait that a peer asks for is kept, as seconds or as a date")
    func retryAfter() throws {
        #expect(try failure(verdict(503, retryAfter: "3")).retryAfter == .seconds(3))
        #expect(try failure(verdict(429, retryAfter: "Sun, 06 Nov 1994 08:50:37 GMT")).retryAfter == .seconds(60))
        #expect(try failure(verdict(503, retryAfter: "whenever")).retryAfter == nil)
        #expect(try failure(verdict(503)).retryAfter == nil)
    }

    @Test("a redirect that keeps the method says where to, and what that means to who does not follow", arguments: [301, 302, 307, 308])
    func redirects(status: Int) throws {
        guard case .redirected(let location, let failure) = verdict(status, location: "http://elsewhere/x") else {
            Issue.record("not a redirect")
            return
        }
        #expect(location == "http://elsewhere/x")
        #expect(failure.kind == .redirect)
        #expect(!failure.mayRetry)
        #expect(failure.status == status)
        #expect(failure.text.loggable.contains("http://elsewhere/x"))
    }

    @Test("a redirect to nowhere is a failure", arguments: [301, 302, 303, 307, 308])
    func redirectWithoutLocation(status: Int) throws {
        let failure = try failure(verdict(status))
        #expect(failure.kind == .redirect)
        #expect(failure.status == status)
    }

    @Test("303 asks for a GET, so it is a failure that names the place and is never followed")
    func seeOther() throws {
        let failure = try failure(verdict(303, location: "/result"))
        #expect(failure.kind == .redirect)
        #expect(!failure.mayRetry)
        #expect(failure.message.contains("/result"))
        #expect(failure.message.contains("GET"))
    }
}
