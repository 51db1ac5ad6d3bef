import NIOCore
import TestSupport
import Testing
import TransportCore

@testable import HTTPExchange

/// Exchanges inside TLS: how they end.
@Suite struct TLSExchangeTests {
    private static let octets = "content-type: application/octet-stream\r\n"

    /// A server, which goes with this object, and the means to reach it.
    private final class Peer: Sendable {
        let server: RawServer
        let wire = Wire()
        let origin: Origin

        init(_ server: RawServer, _ origin: Origin) {
            self.server = server
            self.origin = origin
        }
    }

    private func serve(_ script: [RawServer.Step]) async throws -> Peer {
        let certificates = try await TestCertificates.shared()
        let server = try await RawServer.start(.tcp, script, tls: certificates.server(.localhost))
        return Peer(server, Wire.tcp(server.port, tls: TLSSettings.files(trust: certificates.authority)))
    }

    @Test(
        "an end without a farewell in mid-body is a lost connection, with the reason",
        arguments: [RawServer.Step.closeSocket, .reset, .close]
    )
    func cutInBody(step: RawServer.Step) async throws {
        let peer = try await serve([.readRequest, .send("HTTP/1.1 200 OK\r\n\(Self.octets)content-length: 5\r\n\r\nhell"), step])
        let connection = try await peer.wire.connection(to: peer.origin)
        let failure = try await peer.wire.exchange(connection).failure
        #expect(failure?.kind == .connectionLost)
        #expect(failure?.message.hasPrefix("\(peer.origin) closed the connection in the middle of its answer") == true)
        try await peer.wire.closed(connection)
    }

    @Test("an end without a farewell after a complete body is fine", arguments: [RawServer.Step.closeSocket, .reset, .close])
    func cutAfterBody(step: RawServer.Step) async throws {
        let peer = try await serve([.readRequest, .sendResult([5]), step])
        let connection = try await peer.wire.connection(to: peer.origin)
        #expect(try await peer.wire.exchange(connection).get().body == ByteBuffer(bytes: [5]))
        try await peer.wire.closed(connection)
        #expect(await !peer.wire.isReusable(connection))
    }

    @Test(
        "a body without a length is complete only after a farewell",
        arguments: [(RawServer.Step.close, true), (.closeSocket, false), (.reset, false)]
    )
    func untilClose(step: RawServer.Step, isSound: Bool) async throws {
        let peer = try await serve([.readRequest, .send("HTTP/1.1 200 OK\r\n\(Self.octets)\r\nhello"), step])
        let connection = try await peer.wire.connection(to: peer.origin)
        let outcome = try await peer.wire.exchange(connection)
        if isSound {
            #expect(outcome.map(\.body) == .success(ByteBuffer(string: "hello")))
        } else {
            #expect(outcome.failure?.kind == .connectionLost)
        }
        try await peer.wire.closed(connection)
    }

    @Test("a kept connection that the peer has closed was stale", arguments: [RawServer.Step.closeSocket, .reset, .close])
    func stale(step: RawServer.Step) async throws {
        let peer = try await serve([.readRequest, .sendResult(), .readRequest, step])
        let connection = try await peer.wire.connection(to: peer.origin)
        _ = try await peer.wire.exchange(connection).get()
        #expect(try await peer.wire.exchange(connection).failure?.kind == .staleConnection)
    }

    @Test(
        "a refusal that comes while the request is being sent is what is reported",
        arguments: [RawServer.Step.close, .closeSocket, .reset]
    )
    func earlyRefusal(step: RawServer.Step) async throws {
        let refusal = "HTTP/1.1 413 Content Too Large\r\nconnection: close\r\ncontent-length: 8\r\n\r\ntoo long"
        let peer = try await serve([.readBytes(100_000), .send(refusal), step])
        for write in [Duration.seconds(50), nil] {
            for _ in 0..<5 {
                let connection = try await peer.wire.connection(to: peer.origin)
                let outcome = try await peer.wire.exchange(
                    connection,
                    ByteBuffer(repeating: 1, count: 8_000_000),
                    Wire.Limits(write: write)
                )
                #expect(outcome.map(\.status) == .success(413))
                try await peer.wire.closed(connection)
            }
        }
    }

    @Test("an idle connection takes its leave before it is closed")
    func farewell() async throws {
        let peer = try await serve([.readRequest, .sendResult()])
        let connection = try await peer.wire.connection(to: peer.origin)
        _ = try await peer.wire.exchange(connection).get()
        try await peer.wire.close(connection)
        try await peer.server.connection().closed()
        #expect(try await peer.server.connection().closedInOrder)
    }

    @Test("an idle connection that takes its leave does not wait for the peer's")
    func farewellWithoutAnswer() async throws {
        let peer = try await serve([.readRequest, .sendResult(), .stopReading])
        let connection = try await peer.wire.connection(to: peer.origin)
        _ = try await peer.wire.exchange(connection).get()
        try await peer.server.connection().scriptEnded()
        #expect(await peer.wire.closesAtOnce(connection))
    }

    @Test("an exchange that is cancelled closes its socket without waiting for a peer that has stalled")
    func cancelled() async throws {
        let peer = try await serve([.readRequest])
        let connection = try await peer.wire.connection(to: peer.origin)
        let outcomes = try await peer.wire.begin(connection, ByteBuffer(string: "x"))
        try await peer.server.connection().scriptEnded()
        #expect(await peer.wire.closesAtOnce(connection))
        #expect(try await outcomes.first().failure?.kind == .cancelled)
        try await peer.server.connection().closed()
    }
}
