import Foundation
import TestSupport
import Testing
import TransportCore

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Functions behind UNIX domain sockets, there and not there.
@Suite struct UnixSocketPeerTests {
    @Test("the path behind the socket is the request's, as written", arguments: Wiring.allCases, [false, true])
    func requestPath(wiring: Wiring, isSecure: Bool) async throws {
        let world = TransportWorld(wiring)
        for (path, target) in [("/path/of%2Furl?q", "/path/of%2Furl?q"), ("", "/"), ("/", "/"), ("?q", "/?q"), ("/x.sock/y", "/x.sock/y")] {
            let peer = try await RoadPeer(isSecure ? .secureUnix : .unix, [.readRequest, .sendResult([0x41])])
            #expect(try await world.answer(try peer.client(world, path: path)) == "A")
            #expect(try await peer.server.connection().receivedText.hasPrefix("POST \(target) HTTP/1.1\r\nhost: localhost\r\n"))
        }
        try await world.finish()
    }

    /// Has a server take the place of what hindered the first attempt of a call, which the second one then answers.
    private func answered(
        _ call: Task<Result<String, RequestReplyFailure>, Never>,
        _ world: TransportWorld,
        at path: String
    ) async throws -> RawServer {
        try await world.loop.scheduled(by: world.loop.now.advanced(by: .milliseconds(10)))
        if FileManager.default.fileExists(atPath: path) {
            try FileManager.default.removeItem(atPath: path)
        }
        let server = try await RawServer.start(.unix(path: path), [.readRequest, .sendResult([0x41])])
        try await world.passPause()
        #expect(try await call.value.get() == "A")
        return server
    }

    @Test("a socket that is missing is said to be, and the call is answered when it appears", arguments: Wiring.allCases)
    func missing(wiring: Wiring) async throws {
        let folder = try TemporaryDirectory()
        let world = TransportWorld(wiring)
        let path = folder.file("f.sock")
        let call = world.call(try world.client("http+unix://\(path)/functions"))
        let server = try await answered(call, world, at: path)
        #expect(world.metrics.attemptOutcomes == [.connectFailed, nil])
        let reason = world.log.entries.first?.metadata["reason"]
        #expect(reason == "connecting to \(path) failed: No such file or directory; nobody has made that socket yet")
        try await world.finish(server)
    }

    @Test("a file that is no socket is said to be none, and the call is answered when a socket takes its place", arguments: Wiring.allCases)
    func noSocket(wiring: Wiring) async throws {
        let folder = try TemporaryDirectory()
        let world = TransportWorld(wiring)
        let path = try folder.write("not a socket", to: "f.sock")
        let call = world.call(try world.client("http+unix://\(path)/functions"))
        let server = try await answered(call, world, at: path)
        #expect(world.log.entries.first?.metadata["reason"]?.hasSuffix("the file is not a socket") == true)
        try await world.finish(server)
    }

    @Test("a folder in the way is no socket either", arguments: Wiring.allCases)
    func folder(wiring: Wiring) async throws {
        let folder = try TemporaryDirectory()
        let world = TransportWorld(wiring)
        _ = try folder.write("", to: "f.sock/x")
        _ = try folder.write("", to: "file")
        let inTheWay = try await world.firstReason(try world.client("http+unix://\(folder.file("f.sock"))/functions"))
        #expect(inTheWay.hasSuffix("the file is not a socket"), "\(inTheWay)")
        let within = try await world.firstReason(try world.client("http+unix://\(folder.file("file/f.sock"))/functions"))
        #expect(within.contains("Not a directory"), "\(within)")
        try await world.finish()
    }

    @Test("a socket that nobody listens on any more is told apart, and the call is answered when somebody does", arguments: Wiring.allCases)
    func stale(wiring: Wiring) async throws {
        let folder = try TemporaryDirectory()
        let world = TransportWorld(wiring)
        let path = folder.file("f.sock")
        let left = try RefusingServer(.unix(path: path))
        let call = world.call(try world.client("http+unix://\(path)/functions"))
        let server = try await answered(call, world, at: path)
        let reason = world.log.entries.first?.metadata["reason"]
        #expect(reason == "connecting to \(path) failed: Connection refused; the file is there, but nobody listens")
        withExtendedLifetime(left) {}
        try await world.finish(server)
    }

    // Nothing is forbidden to root, so the process takes another user; it has to be one of its own for that.
    @Test("a socket that may not be used is said to be forbidden")
    func forbidden() async {
        await #expect(processExitsWith: .success) {
            let folder = try TemporaryDirectory()
            let path = folder.file("f.sock")
            let server = try await RawServer.start(.unix(path: path), [.readRequest])
            try #require(chmod(path, 0) == 0)
            if geteuid() == 0 {
                try #require(seteuid(65534) == 0)
            }
            for wiring in Wiring.allCases {
                let world = TransportWorld(wiring)
                let reason = try await world.firstReason(try world.client("http+unix://\(path)/functions"))
                #expect(reason.hasPrefix("connecting to \(path) failed: Permission denied; this user needs"), "\(reason)")
                try await world.finish(server)
            }
        }
    }

    @Test("a path that is too long for the system is refused before anything is called", arguments: Wiring.allCases)
    func tooLong(wiring: Wiring) throws {
        let world = TransportWorld(wiring)
        let error = #expect(throws: SpecTextError.self) {
            try world.client("http+unix:///\(String(repeating: "a", count: 200)).sock/functions")
        }
        #expect(error?.message.hasPrefix("the socket's path has 206 bytes, and this system takes ") == true)
        #expect(error?.remedy.contains("shorter path") == true)
    }

    @Test("a peer that makes its socket anew between calls costs nothing", arguments: Wiring.allCases, [false, true])
    func madeAnew(wiring: Wiring, closesFirst: Bool) async throws {
        let folder = try TemporaryDirectory()
        let world = TransportWorld(wiring)
        let path = folder.file("f.sock")
        let client = try world.client("http+unix://\(path)/functions")
        // The old peer is gone, or leaves at the next request.
        let end: [RawServer.Step] = closesFirst ? [.close] : [.readRequest, .close]
        let old = try await RawServer.start(.unix(path: path), [.readRequest, .sendResult([0x41])] + end)
        #expect(try await world.answer(client) == "A")
        // This takes its file away as well.
        try await old.stop()
        let new = try await RawServer.start(.unix(path: path), [.readRequest, .sendResult([0x42])])
        #expect(try await world.answer(client) == "B")
        #expect(world.metrics.callOutcomes == [nil, nil])
        try await world.finish(old, new)
    }

    @Test("sockets do not share connections", arguments: Wiring.allCases)
    func ownPools(wiring: Wiring) async throws {
        let world = TransportWorld(wiring)
        let peers = [
            try await RoadPeer(.unix, [.readRequest, .sendResult([0x41]), .readRequest, .sendResult([0x41])]),
            try await RoadPeer(.unix, [.readRequest, .sendResult([0x42]), .readRequest, .sendResult([0x42])]),
        ]
        let clients = try peers.map { try $0.client(world) }
        for _ in 0..<2 {
            #expect(try await world.answer(clients[0]) == "A")
            #expect(try await world.answer(clients[1]) == "B")
        }
        #expect(peers.map(\.server.connectionCount) == [1, 1])
        try await world.finish(peers[0].server, peers[1].server)
    }

    // The limit holds for a whole process, so the process is one of its own. Until the limit is as it was, nothing here waits
    // with a time limit, not even before: timers take descriptors, and the concurrency runtime may make them later than asked,
    // and ends the process where it cannot.
    @Test("without descriptors connecting fails and says so, and the call is answered when there are some", .timeLimit(.minutes(1)))
    func noDescriptors() async {
        await #expect(processExitsWith: .success) {
            let folder = try TemporaryDirectory()
            let script: [RawServer.Step] = [.readRequest, .sendResult([0x41])]
            let tcp = try await RawServer.start(.tcp, script)
            let unix = try await RawServer.start(.unix(path: folder.file("f.sock")), script)
            let worlds = Wiring.allCases.map { TransportWorld($0) }
            let clients = try worlds.map { world in
                try ["http://127.0.0.1:\(tcp.port)/", "http+unix://\(folder.file("f.sock"))/"].map { try world.client($0) }
            }
            let limit = try DescriptorLimit.lowerToWhatIsOpen()
            let calls = zip(worlds, clients).map { world, clients in clients.map { world.call($0) } }
            while worlds.contains(where: { $0.metrics.attemptOutcomes.count < 2 }) {
                await Task.yield()
            }
            try limit.restore()
            for (world, calls) in zip(worlds, calls) {
                try await world.passPause()
                for call in calls {
                    #expect(try await call.value.get() == "A")
                }
                #expect(world.metrics.attemptOutcomes == [.connectFailed, .connectFailed, nil, nil])
                let reasons = world.log.entries.compactMap { $0.metadata["reason"] }
                #expect(reasons.count { $0.hasSuffix(" failed: Too many open files") } == 2)
                try await world.finish()
            }
            try await tcp.allClosed()
            try await unix.allClosed()
        }
    }
}

/// How many descriptors this process may open.
private struct DescriptorLimit {
    private let before: rlimit

    #if canImport(Glibc)
        private static let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
        private static let resource = RLIMIT_NOFILE
    #endif

    /// Lets nothing more be opened: the limit is the lowest number that is free.
    static func lowerToWhatIsOpen() throws -> DescriptorLimit {
        var before = rlimit()
        try #require(getrlimit(resource, &before) == 0)
        let free = dup(0)
        try #require(free >= 0)
        close(free)
        var none = rlimit(rlim_cur: rlim_t(free), rlim_max: before.rlim_max)
        try #require(setrlimit(resource, &none) == 0)
        return DescriptorLimit(before: before)
    }

    func restore() throws {
        var limit = before
        try #require(setrlimit(Self.resource, &limit) == 0)
    }
}
