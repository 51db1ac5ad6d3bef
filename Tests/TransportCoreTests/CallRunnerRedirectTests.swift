import NIOConcurrencyHelpers
import NIOCore
import TestSupport
import Testing

@testable import TransportCore

@Suite struct CallRunnerRedirectTests {
    @Test("without a rule for it a redirect is a failure that names the place")
    func refused() throws {
        let world = try CallWorld()
        let call = world.call()
        world.answer(world.grant(), 307, location: "http://other/")
        #expect(call.failure?.kind == .redirect)
        #expect(call.failure?.message.contains("http://other/") == true)
        #expect(world.pool.asked.count == 1)
    }

    @Test("the same body goes to the new place, at once, and the rule knows where it came from")
    func followed() throws {
        let loop = ManualLoop()
        let pool = HandPool(on: loop)
        let seen = NIOLockedValueBox<[String]>([])
        let world = try CallWorld(redirecting: { location, from in
            seen.withLockedValue { $0.append("\(from.url) -> \(location)") }
            return Result { try CallWorld.route("http://\(location)/", pool) }.mapError { _ in RequestReplyFailure(.redirect, "no route") }
        })
        let call = world.call("body")
        world.answer(world.grant(), 308, location: "one")
        loop.runQueued()
        let first = HandConnection(on: loop)
        pool.grant(first)
        loop.runQueued()
        #expect(first.sent.first?.head.hasPrefix("POST / HTTP/1.1\r\nhost: one\r\n") == true)
        #expect(first.sent.first?.body == ByteBuffer(string: "body"))
        first.answer(307, location: "two")
        loop.runQueued()
        world.loop.runQueued()
        loop.runQueued()
        let second = HandConnection(on: loop)
        pool.grant(second)
        loop.runQueued()
        second.answer(200, "found")
        loop.runQueued()
        world.loop.runQueued()
        #expect(call.answer == "found")
        #expect(seen.withLockedValue { $0 } == ["http://h/greeter -> one", "http://one/ -> two"])
    }

    @Test("twenty redirects are followed, and no more")
    func twenty() throws {
        for (count, isFollowed) in [(20, true), (21, false)] {
            let world = try CallWorld(redirecting: { _, from in .success(from) })
            let call = world.call()
            for _ in 0..<count {
                world.answer(world.grant(), 302, location: "/next")
            }
            if isFollowed {
                world.answer(world.grant(), 200, "found")
                #expect(call.answer == "found")
            } else {
                #expect(call.failure?.kind == .redirect)
                #expect(call.failure?.message.contains("more than 20 redirects") == true)
            }
        }
    }

    @Test("a retry begins where the call began, and may be redirected as often again")
    func retryAfterRedirect() throws {
        let loop = ManualLoop()
        let pool = HandPool(on: loop)
        let redirected = try CallWorld(redirecting: { _, _ in
            Result { try CallWorld.route("http://other/", pool) }.mapError { _ in RequestReplyFailure(.redirect, "no route") }
        })
        let call = redirected.call()
        redirected.answer(redirected.grant(), 307, location: "x")
        loop.runQueued()
        let connection = HandConnection(on: loop)
        pool.grant(connection)
        loop.runQueued()
        connection.answer(503)
        loop.runQueued()
        redirected.loop.runQueued()
        redirected.loop.advance(by: .milliseconds(10))
        #expect(redirected.pool.asked.count == 2)
        #expect(pool.asked.count == 1)
        redirected.answer(redirected.grant(), 200, "home")
        #expect(call.answer == "home")
    }

    @Test("behind a redirect, a stale connection is replaced once; then the call begins anew")
    func staleBehindRedirect() throws {
        let loop = ManualLoop()
        let pool = HandPool(on: loop)
        let world = try CallWorld(redirecting: { _, _ in
            Result { try CallWorld.route("http://other/", pool) }.mapError { _ in RequestReplyFailure(.redirect, "no route") }
        })
        let call = world.call()
        world.answer(world.grant(), 307, location: "x")
        loop.runQueued()
        for _ in 1...2 {
            let connection = HandConnection(on: loop)
            pool.grant(connection)
            loop.runQueued()
            connection.end(.failure(RequestReplyFailure(.staleConnection, "closed")))
            loop.runQueued()
            world.loop.runQueued()
            loop.runQueued()
        }
        #expect(pool.asked.map(\.prefersNew) == [false, true])
        #expect(world.pool.asked.map(\.prefersNew) == [false, true])
        world.answer(world.grant(), 200, "home")
        #expect(call.answer == "home")
    }

    @Test("a rule that refuses ends the call with its words")
    func rule() throws {
        let world = try CallWorld(redirecting: { _, _ in .failure(RequestReplyFailure(.redirect, "not to there")) })
        let call = world.call()
        world.answer(world.grant(), 301, location: "http://there/")
        #expect(call.failure?.kind == .redirect)
        #expect(call.failure?.message == "not to there")
        #expect(call.failure?.attempts.map(\.message) == ["not to there"])
    }
}
