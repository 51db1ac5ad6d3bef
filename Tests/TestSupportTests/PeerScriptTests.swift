import TestSupport
import Testing

/// Scripts of misdeeds as text.
@Suite struct PeerScriptTests {
    @Test(
        "each line is a step",
        arguments: [
            ("read request", .readRequest),
            ("read 12 bytes", .readBytes(12)),
            ("read 12 bytes by 4 every 1s", .readSlowly(12, bytes: 4, every: .seconds(1))),
            ("read tls record", .readTLSRecord),
            ("stop reading", .stopReading),
            (#"send "a\r\n\t\"\\\x00é #""#, .send([0x61, 0x0d, 0x0a, 0x09, 0x22, 0x5c, 0x00, 0xc3, 0xa9, 0x20, 0x23])),
            (#"send "a" "b""#, .send("ab")),
            (#"send slowly every 10ms "ab""#, .sendSlowly("ab", every: .milliseconds(10))),
            ("send garbage", .garbage),
            ("pause 2min", .pause(.seconds(120))),
            ("half-close", .halfClose),
            ("close", .close),
            ("close socket", .closeSocket),
            ("reset", .reset),
            (#"result """#, .sendResult()),
            (#"result "A""#, .sendResult([0x41])),
            ("status 404", .status(404)),
            ("status 503 retry-after 2", .status(503, retryAfter: "2")),
            ("redirect 307 /x?y", .redirect(307, to: "/x?y")),
            ("interim 103", .interim(103)),
            (#"announce 5 "A""#, .announced(5, [0x41])),
            ("head of 1000 bytes", .giantHead(1000)),
            (#"chunks "A" "B""#, .chunked([[0x41], [0x42]])),
            (#"chunks "A" but missing-last-chunk"#, .chunked([[0x41]], fault: .missingLastChunk)),
            (#"chunks "A" but size-not-hex"#, .chunked([[0x41]], fault: .sizeNotHex)),
            (#"gzip "A""#, .compressed([0x41], .gzip)),
            (#"deflate "A""#, .compressed([0x41], .zlib)),
            (#"raw-deflate "A""#, .compressed([0x41], .raw)),
            ("\t close # socket", .close),
        ] as [(String, RawServer.Step)]
    )
    func steps(text: String, step: RawServer.Step) throws {
        #expect(try PeerScript(parsing: text, file: "f").connections == [[step]])
    }

    @Test("a line 'connection' begins the steps of the next one, also where they are none")
    func connections() throws {
        let explicit = "# first\n\nconnection\nreset\r\nconnection\nconnection\nclose\nclose\n"
        #expect(try PeerScript(parsing: explicit, file: "f").connections == [[.reset], [], [.close, .close]])
        #expect(try PeerScript(parsing: "reset\nconnection\nclose", file: "f").connections == [[.reset], [.close]])
        #expect(try PeerScript(parsing: "connection", file: "f").connections == [[]])
    }

    @Test(
        "an error names its place and what to write",
        arguments: [
            ("", "f:1:1: error: the script has no step; write 'connection' alone for a peer that stays silent"),
            ("close\n  open", "f:2:3: error: a line begins with 'connection' or one of read, stop, send, pause, "),
            ("read", "f:1:5: error: expected 'request', 'tls record' or how many bytes, a number from 1 to 100000000; the line ends here"),
            ("read 0 bytes", "f:1:6: error: expected 'request', 'tls record' or how many bytes, a number from 1 to 100000000; found '0'"),
            ("read 5 apples", "f:1:8: error: expected 'bytes' after the number; found 'apples'"),
            ("pause 2 s", "f:1:9: error: the step is complete, write the next one on a line of its own; found 's'"),
            ("pause x", "f:1:7: error: expected a duration of at most a day, such as 2s or 500ms; found 'x'"),
            ("pause 25h", "f:1:7: error: expected a duration of at most a day, such as 2s or 500ms; found '25h'"),
            ("send hello", "f:1:6: error: expected bytes in quotation marks; found 'hello'"),
            (#"send "hello"#, "f:1:6: error: a quotation mark is missing at the end of the bytes"),
            (#"send "hello\"#, "f:1:6: error: a quotation mark is missing at the end of the bytes"),
            (#"send "he\qllo""#, #"f:1:9: error: '\q' is no escape; write \r, \n, \t, \", \\ or \x and two hexadecimal digits"#),
            (#"send "\x+1""#, #"f:1:7: error: '\x' needs two hexadecimal digits, such as '\x0a'"#),
            ("status 99", "f:1:8: error: expected a status, a number from 100 to 999; found '99'"),
            (#"redirect 307 "/x""#, #"f:1:14: error: expected a location; found "/x""#),
            (#"chunks "A" but nice"#, "f:1:16: error: expected what is wrong with the chunks: size-not-hex, "),
            ("reset\nconnection 2", "f:2:12: error: the step is complete, write the next one on a line of its own; found '2'"),
        ]
    )
    func errors(text: String, message: String) {
        let error = #expect(throws: PeerScriptError.self) { try PeerScript(parsing: text, file: "f") }
        #expect(error?.description.hasPrefix(message) == true, "\(String(describing: error))")
    }

    @Test("what is written escaped is read as the same bytes")
    func escaping() throws {
        let bytes = [UInt8](0...255)
        let script = try PeerScript(parsing: "send \"\(EscapedBytes.write(bytes))\"", file: "f")
        #expect(script.connections == [[.send(bytes)]])
    }

    @Test("every ready-made misdeed is a script, has a name of its own and an explanation")
    func misdeeds() throws {
        #expect(Set(Misdeed.all.map(\.name)).count == Misdeed.all.count)
        for misdeed in Misdeed.all {
            #expect(!misdeed.explanation.isEmpty)
            #expect(try !PeerScript(parsing: misdeed.script, file: misdeed.name).connections.isEmpty)
        }
    }
}
