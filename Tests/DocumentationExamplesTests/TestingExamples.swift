import TestSupport
import Testing
import TransportCore

/// The examples of `Documentation/Testing.md`. What stands between `begin` and `end` is its text.
@Suite struct TestingExamples {
    @Test("time is moved by the test")
    func manualLoop() {
        // begin manualloop
        let loop = ManualLoop()
        let fired = Eventual<Void>()
        loop.perform {  // on the loop, like all that touches loop-confined values
            _ = loop.schedule(at: loop.now.advanced(by: .seconds(10))) { fired.succeed(()) }
        }
        loop.advance(by: .seconds(10))  // fires what is due on the way, each at its own instant
        #expect(fired.current != nil)
        #expect(loop.timerCount == 0)  // nothing was left behind
        // end manualloop
    }

    @Test("a test and a script wait for each other")
    func gates() async throws {
        // begin gates
        let inBody = Gate()
        let goOn = Gate()
        let script: [RawServer.Step] = [.announced(5, Array("he".utf8)), .reached(inBody), .wait(goOn), .reset]
        let server = try await RawServer.start(.tcp, script)
        async let exit = ChildProcess.run("/usr/bin/env", ["python3", "-c", Self.download, "\(server.port)"])
        try await inBody.opened("the middle of the answer")  // what has to happen now, happens here
        goOn.open()
        try await server.allClosed()
        // end gates
        let outcome = try await exit
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    /// Succeeds where the server resets the connection.
    private static let download = """
        import socket, sys
        peer = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
        try:
            while peer.recv(1000): pass
        except ConnectionResetError: sys.exit(0)
        sys.exit("the server has closed in order")
        """
}
