import Foundation
import TestSupport
import Testing

@Suite struct ChildProcessTests {
    @Test("input, both outputs and the status come through")
    func running() async throws {
        let outcome = try await ChildProcess.run(
            "/bin/sh",
            ["-c", "cat; echo \"$WORD\" >&2; exit 7"],
            input: Data("hello".utf8),
            environment: ["WORD": "complaint"]
        )
        #expect(outcome.output == "hello")
        #expect(outcome.errors == "complaint\n")
        #expect(outcome.status == 7)
    }

    @Test("output larger than a pipe holds is complete")
    func largeOutput() async throws {
        let outcome = try await ChildProcess.run("/bin/sh", ["-c", "cat"], input: Data(repeating: 0x61, count: 1_000_000))
        #expect(outcome.output.utf8.count == 1_000_000)
    }

    @Test("a program hears that it shall end")
    func ending() async throws {
        let peer = try await SubprocessPeer("/bin/sh", ["-c", "trap 'exit 4' TERM; echo ready now; read line"])
        await peer.stop()
        #expect(try await peer.process.exit().status == 4)
    }

    @Test("a program that ignores the request to end is ended all the same")
    func stopping() async throws {
        let peer = try await SubprocessPeer("/bin/sh", ["-c", "trap '' TERM; echo ready now; exec sleep 1000"])
        #expect(peer.readyText == "now")
        await peer.process.stop(grace: .milliseconds(10))
        #expect(try await peer.process.exit().status == -9)
    }

    @Test("a server that ends instead of getting ready is reported with its complaint")
    func failingToStart() async throws {
        let error = await #expect(throws: PeerFailedToStart.self) {
            try await SubprocessPeer("/bin/sh", ["-c", "echo the port is taken >&2; exit 3"])
        }
        #expect(error?.status == 3)
        #expect(error?.errors == "the port is taken\n")
    }
}
