import Foundation
import RequestReply
import RuntimeCore
import SQLiteStateStore
import TestSupport
import Testing

/// The commands that look into a runtime and change it, on data of one that was stopped and beside one that runs.
@Suite struct RuntimeCommandTests {
    private static let greeter = "com.example/greeter"
    private let folder: TemporaryDirectory
    private let endpoint: RefusingServer

    init() throws {
        folder = try TemporaryDirectory()
        endpoint = try RefusingServer()
        _ = try folder.write(
            """
            kind: io.statefun.endpoints.v2/http
            spec:
              functions: com.example/*
              urlPathTemplate: http://127.0.0.1:\(endpoint.port)/
              transport:
                type: io.statefun.transports.v1/async
                call: 1s
            ---
            kind: io.statefun.playground.v1/egress
            spec:
              port: 0
              topics: [greetings]
            """,
            to: "module.yaml"
        )
    }

    private func statefun(_ arguments: String...) async throws -> ChildProcess.Outcome {
        try await ChildProcess.run("\(RepositoryLayout.products)/statefun", arguments, directory: folder.path)
    }

    private func json(_ arguments: String...) async throws -> [String: Any] {
        let outcome = try await ChildProcess.run(
            "\(RepositoryLayout.products)/statefun",
            arguments + ["--format", "json"],
            directory: folder.path
        )
        #expect(outcome.status == 0)
        return try #require(JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    }

    /// What a runtime leaves behind: Bob's state, a message and a delayed one for Eve, and two dead letters.
    private func leaveData() async throws {
        try FileManager.default.createDirectory(atPath: folder.file(".statefun"), withIntermediateDirectories: false)
        let store = try SQLiteStateStore(path: folder.file(".statefun/statefun.db"))
        _ = try await store.recover()
        let bob = RuntimeAddress(functionType: Self.greeter, id: "Bob")
        let eve = RuntimeAddress(functionType: Self.greeter, id: "Eve")
        let message = EncodedInvocation(EncodedValue(.string("hello"))).bytes
        var changes = StoreChanges(lastSequence: 20)
        changes.registered = [
            RegisteredState(functionType: Self.greeter, name: "seen", typename: BuiltInType.int.typename, expiration: .never),
            RegisteredState(functionType: Self.greeter, name: "profile", typename: "example/Profile", expiration: .never),
        ]
        changes.state = [
            .set(StoredState(address: bob, name: "seen", value: EncodedValue(.int(5)).bytes)),
            .set(
                StoredState(
                    address: bob,
                    name: "profile",
                    value: EncodedValue(typename: "example/Profile", value: Array(#"{"name":"Bob"}"#.utf8)).bytes,
                    expires: WallTime(milliseconds: 4_102_444_800_000)
                )
            ),
        ]
        changes.messages = [StoredMessage(sequence: 16, target: eve, invocation: message)]
        changes.delayed = [
            DelayedMessage(
                due: WallTime(milliseconds: 4_102_444_800_000),
                message: StoredMessage(sequence: 17, target: eve, invocation: message)
            )
        ]
        let record = EncodedValue(
            typename: "io.statefun.playground/EgressRecord",
            value: Array(#"{"topic":"greetings","payload":"Hello Bob"}"#.utf8)
        )
        changes.deadLetters = [
            DeadLetter(
                sequence: 18,
                time: WallTime(milliseconds: 0),
                address: bob,
                content: .batch([message]),
                cause: "the answer is \u{1B}[31mno message",
                attempts: 3
            ),
            DeadLetter(
                sequence: 19,
                time: WallTime(milliseconds: 1_000),
                address: bob,
                content: .egress("io.statefun.playground/egress", record.bytes),
                cause: "there is no egress",
                attempts: 0
            ),
        ]
        try await store.commit(changes)
        await store.close()
    }

    // MARK: Wrong usage

    @Test(
        "where there is no data, every command says so in a sentence, with status 1, and makes none",
        arguments: [
            ["send", "module.yaml", "com.example/greeter/Bob", "--int", "1"], ["state", "module.yaml"],
            ["state", "show", "module.yaml", "com.example/greeter/Bob"], ["pending", "module.yaml"],
            ["dead-letters", "module.yaml", "--format", "json"], ["dead-letters", "drop", "module.yaml", "--all"],
        ]
    )
    func noData(arguments: [String]) async throws {
        let outcome = try await ChildProcess.run("\(RepositoryLayout.products)/statefun", arguments, directory: folder.path)
        #expect(outcome.status == 1)
        #expect(outcome.output.isEmpty)
        #expect(
            outcome.errors
                == "error: there is no data in .statefun; start the application with 'statefun run', or name its folder with --data-dir\n"
        )
        #expect(!FileManager.default.fileExists(atPath: folder.file(".statefun")))
    }

    @Test(
        "wrong usage is status 64 and says what is missing",
        arguments: [
            ["send", "module.yaml", "com.example/greeter/Bob"], ["send", "module.yaml", "greeter", "--int", "1"],
            ["send", "module.yaml", "com.example/greeter/Bob", "--int", "1", "--idempotency-key", ""],
            ["send", "module.yaml", "com.example/greeter/Bob", "--int", "1", "--idempotency-key", String(repeating: "k", count: 257)],
            ["state", "set", "module.yaml", "com.example/greeter/Bob"],
            ["state", "set", "module.yaml", "com.example/greeter/Bob", "seen=5"],
            ["state", "set", "module.yaml", "com.example/greeter/Bob", "seen="],
            ["state", "clear", "module.yaml", "com.example/greeter/Bob"],
            ["state", "clear", "module.yaml", "com.example/greeter/Bob", "seen", "--all"],
            ["state", "module.yaml", "--limit", "0"], ["dead-letters", "replay", "module.yaml"],
            ["dead-letters", "drop", "module.yaml", "18", "--all"], ["pending"],
        ]
    )
    func wrongUsage(arguments: [String]) async throws {
        let outcome = try await ChildProcess.run("\(RepositoryLayout.products)/statefun", arguments, directory: folder.path)
        #expect(outcome.status == 64)
        #expect(!outcome.errors.isEmpty)
    }

    @Test(
        "there is help for everything",
        arguments: [["send"], ["state"], ["state", "set"], ["pending"], ["dead-letters"], ["dead-letters", "replay"]]
    )
    func help(command: [String]) async throws {
        let outcome = try await ChildProcess.run("\(RepositoryLayout.products)/statefun", command + ["--help"])
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("USAGE: statefun"))
    }

    // MARK: On the data of a runtime that was stopped

    @Test("state is listed and shown as text and as JSON")
    func showState() async throws {
        try await leaveData()
        #expect(
            try await statefun("state", "module.yaml").output == """
                ADDRESS                  BYTES  VALUES
                com.example/greeter/Bob  \(EncodedValue(.int(5)).bytes.count + 35)     profile seen

                """
        )
        #expect(
            try await statefun("state", "show", "module.yaml", "com.example/greeter/Bob").output == """
                NAME     EXPIRES                   VALUE
                profile  2100-01-01T00:00:00.000Z  json/example/Profile:{"name":"Bob"}
                seen     never                     int:5

                """
        )
        let listed = try await json("state", "list", "module.yaml", "--function", "com.example/greeter")
        #expect((listed["addresses"] as? [[String: Any]])?.map { $0["values"] as? [String] } == [["profile", "seen"]])
        #expect(listed["next"] is NSNull)
        #expect(try await statefun("state", "module.yaml", "--after", "com.example/greeter/Bob").output == "no address keeps state\n")
        let shown = try await json("state", "show", "module.yaml", "com.example/greeter/Bob")
        let values = try #require(shown["values"] as? [[String: Any]])
        #expect((values.last?["value"] as? [String: Any])?["value"] as? Int == 5)
        #expect(values.first?["expires"] as? String == "2100-01-01T00:00:00.000Z")
        #expect((shown["declared"] as? [[String: Any]])?.count == 2)
    }

    @Test("values are set and cleared, and what a function has not declared is refused")
    func changeState() async throws {
        try await leaveData()
        let bob = "com.example/greeter/Bob"
        let set = try await statefun("state", "set", "module.yaml", bob, "seen=int:7", #"profile=json/example/Profile:{"a":1}"#)
        #expect(set.output == "com.example/greeter/Bob: set seen, profile\n")
        #expect(set.status == 0)
        let shown = try await statefun("state", "show", "module.yaml", bob).output
        #expect(shown.contains("int:7"))
        #expect(shown.contains(#"json/example/Profile:{"a":1}"#))
        let refused = try await statefun("state", "set", "module.yaml", bob, "saw=int:7")
        #expect(refused.status == 1)
        #expect(
            refused.errors == "error: com.example/greeter has declared no state 'saw'; it has profile, seen\n"
                || refused.errors.contains("it has seen, profile")
        )
        #expect(try await statefun("state", "set", "module.yaml", bob, "seen=long:7").status == 1)
        #expect(try await statefun("state", "clear", "module.yaml", bob, "seen").output == "com.example/greeter/Bob: cleared seen\n")
        #expect(try await statefun("state", "clear", "module.yaml", bob, "seen").status == 1)
        let cleared = try await json("state", "clear", "module.yaml", bob, "--all")
        #expect(cleared["cleared"] as? [String] == ["profile"])
        #expect(try await statefun("state", "module.yaml").output == "no address keeps state\n")
    }

    @Test("what waits is shown, and what is sent waits with it")
    func pending() async throws {
        try await leaveData()
        let sent = try await statefun("send", "module.yaml", "com.example/greeter/Eve", "--string", "hello")
        #expect(sent.status == 0)
        #expect(sent.output == "accepted for com.example/greeter/Eve, which gets it when the application runs\n")
        #expect(
            try await statefun("pending", "module.yaml").output == """
                the application is not running, so no call begins
                FUNCTION             MESSAGES  ADDRESSES  BLOCKED  LAST FAILURE
                com.example/greeter  2         1          0

                ADDRESS                  MESSAGES  WAITS FOR  FAILED  SINCE  LAST FAILURE
                com.example/greeter/Eve  2         its turn   0

                1 delayed message, the next one due 2100-01-01T00:00:00.000Z

                """
        )
        let shown = try await json("pending", "module.yaml")
        #expect(shown["isRunning"] as? Bool == false)
        #expect((shown["addresses"] as? [[String: Any]])?.map { $0["messages"] as? Int } == [2])
        #expect((shown["delayed"] as? [String: Any])?["messages"] as? Int == 1)
        let refused = try await statefun("send", "module.yaml", "com.nobody/greeter/Eve", "--string", "hello")
        #expect(refused.status == 1)
        #expect(refused.errors.contains("no endpoint of module.yaml serves com.nobody/greeter"))
    }

    @Test("dead letters are listed, shown, replayed and dropped")
    func deadLetters() async throws {
        try await leaveData()
        #expect(
            try await statefun("dead-letters", "module.yaml").output == #"""
                NUMBER  TIME                      WHAT                                                           CALLS  CAUSE
                18      1970-01-01T00:00:00.000Z  1 message to com.example/greeter/Bob                           3      "the answer is \u001b[31mno message"
                19      1970-01-01T00:00:01.000Z  from com.example/greeter/Bob to io.statefun.playground/egress  0      there is no egress

                """#
        )
        let shown = try await statefun("dead-letters", "show", "module.yaml", "18").output
        #expect(shown.contains("from outside  string:hello"))
        let letter = try await json("dead-letters", "show", "module.yaml", "19")
        #expect((letter["argument"] as? [String: Any])?["typename"] as? String == "io.statefun.playground/EgressRecord")
        let replayed = try await json("dead-letters", "replay", "module.yaml", "--all")
        #expect(replayed["replayed"] as? [Int] == [18, 19])
        let waiting = try await json("pending", "module.yaml")
        #expect((waiting["egress"] as? [String: Int]) == ["greetings": 1])
        #expect((waiting["addresses"] as? [[String: Any]])?.count == 2)
        #expect(try await statefun("dead-letters", "module.yaml").output == "there are no dead letters\n")
        let dropped = try await statefun("dead-letters", "drop", "module.yaml", "18")
        #expect(dropped.status == 1)
        #expect(dropped.output == "dropped 0 dead letters\n")
        #expect(dropped.errors == "dead letter 18 stays: there is no dead letter 18\n")
    }

    @Test("a file that is no store is reported, and left as it is")
    func damaged() async throws {
        try FileManager.default.createDirectory(atPath: folder.file(".statefun"), withIntermediateDirectories: false)
        let bytes = Data(repeating: 0x41, count: 10_000)
        _ = try folder.write(bytes, to: ".statefun/statefun.db")
        let outcome = try await statefun("state", "module.yaml")
        #expect(outcome.status == 1)
        #expect(outcome.errors.hasPrefix("error: "))
        #expect(FileManager.default.contents(atPath: folder.file(".statefun/statefun.db")) == bytes)
    }

    // MARK: Beside a runtime that runs

    @Test("the one that runs is asked, and goes on", arguments: [[], ["--in-memory"]])
    func running(arguments: [String]) async throws {
        let isRunning = Eventual<Void>()
        let process = try ChildProcess(
            "\(RepositoryLayout.products)/statefun",
            ["run", "module.yaml"] + arguments,
            directory: folder.path
        ) { line in
            if line.hasPrefix("running ") { isRunning.succeed(()) }
        }
        try await isRunning.value("the program to run")
        let sent = try await statefun("send", "module.yaml", "com.example/greeter/Eve", "--string", "hello")
        #expect(sent.output == "accepted for com.example/greeter/Eve\n")
        try await eventually("the call to fail") {
            let addresses = try await json("pending", "module.yaml")["addresses"] as? [[String: Any]]
            #expect(addresses?.map { $0["address"] as? String } == ["com.example/greeter/Eve"])
            return addresses?.first?["lastFailure"] is String
        }
        let text = try await statefun("pending", "module.yaml").output
        #expect(text.hasPrefix("FUNCTION"))
        #expect(text.contains("127.0.0.1:\(endpoint.port)"))
        #expect(try await statefun("state", "clear", "module.yaml", "com.example/greeter/Eve", "--all").status == 1)
        process.send(signal: SIGTERM)
        #expect(try await process.exit().status == 0)
    }
}
