import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTP1
import TestSupport
import Testing

@testable import PlaygroundIO

/// What the decoder makes of a connection's bytes is what comes of them with ``RecurringRequests`` in front of it.
@Suite struct RecurringRequestsTests {
    /// What is said about a request, whoever read it.
    private enum Part: Equatable {
        case head(method: String, target: String, fields: [String], length: Int?)
        case body(String)
        case end
        case error
    }

    private static let headLimit = 1_000

    /// Reads with the decoder alone, or with ``RecurringRequests`` in front of it.
    private struct Reading {
        private let decoder: EmbeddedChannel
        private var recurring: RecurringRequests?
        private(set) var parts: [Part] = []
        /// How many heads were known.
        private(set) var known = 0

        init(withRecurring: Bool) throws {
            var limits = NIOHTTPDecoderLimitConfiguration()
            limits.maxHeaderFieldSize = headLimit
            limits.maxHeaderListSize = headLimit
            decoder = EmbeddedChannel()
            try decoder.pipeline.syncOperations.addHandler(
                ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: limits))
            )
            recurring = withRecurring ? RecurringRequests(headLimit: headLimit) : nil
        }

        mutating func read(_ bytes: [UInt8]) {
            var bytes = ByteBuffer(bytes: bytes)
            guard recurring != nil else { return _ = decode(bytes) }
            while let step = recurring?.next(&bytes) {
                switch step {
                case .decode(let part):
                    let decoded = decode(part)
                    recurring?.decoded(decoded)
                case .head(let head, let target, let length):
                    known += 1
                    add(Self.head(head.method.rawValue, target, head.headers, length))
                case .body(let part): add(.body(String(buffer: part)))
                case .end: add(.end)
                }
            }
        }

        private mutating func decode(_ bytes: ByteBuffer) -> RecurringRequests.Decoded {
            let isSound = (try? decoder.writeInbound(bytes)) != nil
            var decoded = RecurringRequests.Decoded()
            while let part = try? decoder.readInbound(as: HTTPServerRequestPart.self) {
                switch part {
                case .head(let head):
                    decoded.heads += 1
                    decoded.last = head
                    let length = head.headers.first(name: "Content-Length").flatMap { Int($0) }
                    add(Self.head(head.method.rawValue, head.uri, head.headers, length))
                case .body(let bytes): add(.body(String(buffer: bytes)))
                case .end:
                    decoded.ends += 1
                    add(.end)
                }
            }
            if !isSound { add(.error) }
            return decoded
        }

        private static func head(_ method: String, _ target: String, _ headers: HTTPHeaders, _ length: Int?) -> Part {
            let fields = headers.filter { $0.name.lowercased() != "content-length" }.map { "\($0.name): \($0.value)" }
            return .head(method: method, target: target, fields: fields, length: length ?? 0)
        }

        /// Bodies may come in parts, and errors again and again.
        private mutating func add(_ part: Part) {
            switch (parts.last, part) {
            case (.body(let text), .body(let more)): parts[parts.count - 1] = .body(text + more)
            case (.error, .error): break
            default: parts.append(part)
            }
        }

        func finish() {
            _ = try? decoder.finish()
        }
    }

    /// Reads chunks in both ways.
    private func both(_ chunks: [[UInt8]]) throws -> (alone: [Part], together: [Part], known: Int) {
        var (alone, together) = (try Reading(withRecurring: false), try Reading(withRecurring: true))
        for chunk in chunks {
            alone.read(chunk)
            together.read(chunk)
        }
        alone.finish()
        together.finish()
        return (alone.parts, together.parts, together.known)
    }

    private static func request(
        _ target: String,
        _ body: String = "",
        method: String = "PUT",
        fields: String = "Content-Type: text/plain\r\n"
    ) -> String {
        "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    @Test("a request that says the same as the one before but for target and length is known")
    func known() throws {
        let requests = [
            Self.request("/a/b/1", "one"), Self.request("/a/b/22?x=y", "fourteen bytes"), Self.request("/a/b/%2F"), Self.request("/", "x"),
        ]
        let (alone, together, known) = try both([Array(requests.joined().utf8)])
        #expect(together == alone)
        #expect(alone.count { $0 == .end } == 4)
        #expect(known == 3)
    }

    @Test("the body of a known request may come in any parts")
    func bodyInParts() throws {
        let bytes = Array((Self.request("/a", "first") + Self.request("/b", "second, and longer") + Self.request("/c", "third")).utf8)
        let firstHead = Self.request("/a", "first").utf8.count
        for size in 1...20 {
            let rest = stride(from: firstHead, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) }
            let (alone, together, _) = try both([Array(bytes[..<firstHead])] + rest)
            #expect(together == alone, "in parts of \(size)")
        }
    }

    @Test(
        "a request that differs in anything else is read by the decoder",
        arguments: [
            Self.request("/a", "two", method: "POST"),
            Self.request("/a", "two", fields: "Content-Type: text/plai\r\n"),
            Self.request("/a", "two", fields: "Content-type: text/plain\r\n"),
            Self.request("/a", "two", fields: "Content-Type: text/plain\r\nX: 1\r\n"),
            "PUT /a HTTP/1.0\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 1\r\n\r\nx",
            "PUT /a HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 1 1\r\n\r\nx",
            "PUT /a HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: +1\r\n\r\nx",
            "PUT /a HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: \r\n\r\nx",
            "PUT /a HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
            "PUT /a HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 99999999999999999999\r\n\r\nx",
            "PUT /a b HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 1\r\n\r\nx",
            "PUT  HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 1\r\n\r\nx",
            "PUT a HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 1\r\n\r\nx",
            "PUT /a HTTP/1.1\nHost: localhost\nContent-Type: text/plain\nContent-Length: 1\n\nx",
            "\r\n" + Self.request("/a", "two"),
            Self.request("/\(String(repeating: "a", count: Self.headLimit))", "two"),
        ]
    )
    func different(request: String) throws {
        let before = Self.request("/a", "one")
        let (alone, together, known) = try both([Array(before.utf8), Array((request + before).utf8)])
        #expect(together == alone)
        #expect(known <= 1, "only the last one may be known: it says what the first one said")
    }

    @Test("what holds for one request alone is never known again")
    func notRemembered() throws {
        let requests = [
            "PUT /a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
            "PUT /a HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
            "GET /a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: localhost\r\nProxy-Connection: close\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
            "GET /a HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n",
        ]
        for request in requests {
            let (alone, together, known) = try both([Array((request + request + request).utf8)])
            #expect(together == alone, "\(request)")
            #expect(known == 0, "\(request)")
        }
    }

    @Test("every byte in a target is read as the decoder reads it")
    func targets() throws {
        for byte in UInt8.min...UInt8.max {
            for place in ["/", "/a", "/a?b="] {
                let target = Array(place.utf8) + [byte] + Array("c".utf8)
                let head = Array("PUT ".utf8) + target + Array(" HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx".utf8)
                let first = Array(Self.request("/a", "one", fields: "").utf8)
                let (alone, together, _) = try both([first, head, first])
                #expect(together == alone, "byte \(byte) behind \(place)")
            }
        }
    }

    @Test("whatever comes in whatever parts is read as the decoder alone reads it", arguments: 0..<40)
    func anything(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<25 {
            let bytes = Self.connection(&random)
            var chunks: [[UInt8]] = []
            var start = 0
            while start < bytes.count {
                let end = min(bytes.count, start + (Bool.random(using: &random) ? bytes.count : .random(in: 1...60, using: &random)))
                chunks.append(Array(bytes[start..<end]))
                start = end
            }
            let (alone, together, _) = try both(chunks)
            #expect(together == alone, "\(String(decoding: bytes, as: UTF8.self).debugDescription) in parts of \(chunks.map(\.count))")
        }
    }

    /// Requests of a few kinds, some of them spoilt.
    private static func connection(_ random: inout SeededRandom) -> [UInt8] {
        let fields = ["", "Content-Type: text/plain\r\n", "Connection: keep-alive\r\n", "content-length : 1\r\n", "X: \t\r\n"]
        var bytes: [UInt8] = []
        var favourite = 0
        for _ in 0..<Int.random(in: 1...8, using: &random) {
            if Int.random(in: 0..<4, using: &random) == 0 { favourite = .random(in: 0..<12, using: &random) }
            let body = String(repeating: "b", count: .random(in: 0...40, using: &random))
            let target = "/" + String(repeating: "t", count: .random(in: 0...10, using: &random))
            var request =
                switch favourite {
                case 0..<fields.count: Array(Self.request(target, body, fields: fields[favourite]).utf8)
                case 5: Array("GET \(target) HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
                case 6: Array("PUT \(target) HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n".utf8)
                case 7: Array("PUT \(target) HTTP/1.1\r\nContent-Length: 3\r\nHost: localhost\r\n\r\nabc".utf8)
                default: Array(Self.request(target, body).utf8)
                }
            if Int.random(in: 0..<8, using: &random) == 0, let place = request.indices.randomElement(using: &random) {
                request[place] = [0x0D, 0x0A, 0x20, 0x3A, 0x00, 0x31].randomElement(using: &random) ?? 0
            }
            bytes += request
        }
        return bytes
    }
}
