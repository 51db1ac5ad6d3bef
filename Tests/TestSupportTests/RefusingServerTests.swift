import NIOCore
import NIOPosix
import TestSupport
import Testing

/// Servers that nobody gets through to.
@Suite struct RefusingServerTests {
    @Test("a port that refuses does so, and keeps the port from others", arguments: [RawServer.Place.tcp, .tcp6])
    func port(place: RawServer.Place) async throws {
        let refusing = try RefusingServer(place)
        #expect(refusing.port > 0)
        await #expect(throws: (any Error).self) { try await RawClient.connect(to: refusing.address) }
        let other: RawServer.Place = place == .tcp ? .ipv4(port: refusing.port) : .ipv6(port: refusing.port)
        #expect(throws: IOError.self) { try RefusingServer(other) }
        withExtendedLifetime(refusing) {}
    }

    @Test("a path refuses that nobody listens on")
    func path() async throws {
        let folder = try TemporaryDirectory()
        let refusing = try RefusingServer(.unix(path: folder.file("refusing.sock")))
        let error = await #expect(throws: IOError.self) { try await RawClient.connect(to: refusing.address) }
        #expect(error?.description.contains("refused") == true)
    }

    @Test("a swallowing server answers nobody who asks for a connection", arguments: [RawServer.Place.tcp, .tcp6])
    func swallowing(place: RawServer.Place) async throws {
        let swallowing = try await SwallowingServer.start(place)
        let before = swallowing.attemptCount
        let attempt = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connectTimeout(.milliseconds(100))
            .connect(to: swallowing.address)
        await #expect(throws: (any Error).self) { _ = try await attempt.get() }
        #expect(swallowing.attemptCount == before)
    }
}
