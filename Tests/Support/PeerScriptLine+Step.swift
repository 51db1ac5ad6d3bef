import TransportCore

/// The steps of a script. `Documentation/MisbehavingPeer.md` lists them.
extension PeerScriptLine {
    private static let largest = 100_000_000

    private typealias Reader = @Sendable (inout PeerScriptLine) throws(PeerScriptError) -> RawServer.Step

    /// What a line can begin with.
    private static let readers: [(word: String, read: Reader)] = [
        ("read", { line throws(PeerScriptError) in try line.readStep() }),
        (
            "stop",
            { line throws(PeerScriptError) in
                _ = try line.word("'reading' after 'stop'", of: ["reading"])
                return .stopReading
            }
        ),
        ("send", { line throws(PeerScriptError) in try line.sendStep() }),
        ("pause", { line throws(PeerScriptError) in .pause(try line.duration()) }),
        ("half-close", { _ throws(PeerScriptError) in .halfClose }),
        ("close", { line throws(PeerScriptError) in line.takes("socket") ? .closeSocket : .close }),
        ("reset", { _ throws(PeerScriptError) in .reset }),
        ("result", { line throws(PeerScriptError) in .sendResult(Array(try line.texts().joined())) }),
        ("status", { line throws(PeerScriptError) in try line.statusStep() }),
        ("redirect", { line throws(PeerScriptError) in .redirect(try line.code(), to: try line.word("a location")) }),
        ("interim", { line throws(PeerScriptError) in .interim(try line.number("an interim status", in: 100...199)) }),
        (
            "announce",
            { line throws(PeerScriptError) in
                .announced(try line.number("a length", in: 0...largest), Array(try line.texts().joined()))
            }
        ),
        ("head", { line throws(PeerScriptError) in try line.headStep() }),
        ("chunks", { line throws(PeerScriptError) in try line.chunksStep() }),
        ("gzip", { line throws(PeerScriptError) in .compressed(Array(try line.texts().joined()), .gzip) }),
        ("deflate", { line throws(PeerScriptError) in .compressed(Array(try line.texts().joined()), .zlib) }),
        ("raw-deflate", { line throws(PeerScriptError) in .compressed(Array(try line.texts().joined()), .raw) }),
    ]

    /// A duration as a `module.yaml` writes it, without its spaces.
    static func duration(_ word: String) -> Duration? { try? DurationText.parse(word) }

    /// Takes a whole step.
    mutating func step() throws(PeerScriptError) -> RawServer.Step {
        for (word, read) in Self.readers where takes(word) {
            return try read(&self)
        }
        throw fault("a line begins with 'connection' or one of \(Self.readers.map(\.word).joined(separator: ", "))")
    }

    private mutating func code() throws(PeerScriptError) -> Int { try number("a status", in: 100...999) }

    private mutating func readStep() throws(PeerScriptError) -> RawServer.Step {
        if takes("request") { return .readRequest }
        if takes("tls") {
            _ = try word("'record' after 'tls'", of: ["record"])
            return .readTLSRecord
        }
        let count = try number("'request', 'tls record' or how many bytes", in: 1...Self.largest)
        _ = try word("'bytes' after the number", of: ["bytes"])
        guard takes("by") else { return .readBytes(count) }
        let portion = try number("how many at a time", in: 1...Self.largest)
        _ = try word("'every' and a duration", of: ["every"])
        return .readSlowly(count, bytes: portion, every: try duration())
    }

    private mutating func sendStep() throws(PeerScriptError) -> RawServer.Step {
        if takes("garbage") { return .garbage }
        guard takes("slowly") else { return .send(Array(try texts().joined())) }
        _ = try word("'every' and a duration", of: ["every"])
        let period = try duration()
        return .sendSlowly(Array(try texts().joined()), every: period)
    }

    private mutating func statusStep() throws(PeerScriptError) -> RawServer.Step {
        let code = try code()
        guard takes("retry-after") else { return .status(code) }
        return .status(code, retryAfter: try word("a number of seconds"))
    }

    private mutating func headStep() throws(PeerScriptError) -> RawServer.Step {
        _ = try word("'of' and how many bytes", of: ["of"])
        let count = try number("how many bytes", in: 100...Self.largest)
        _ = try word("'bytes' after the number", of: ["bytes"])
        return .giantHead(count)
    }

    private mutating func chunksStep() throws(PeerScriptError) -> RawServer.Step {
        let chunks = try texts()
        guard takes("but") else { return .chunked(chunks) }
        let faults = RawServer.Step.ChunkFault.allCases
        let names = faults.map(\.scriptName)
        let name = try word("what is wrong with the chunks: \(names.joined(separator: ", "))", of: names)
        return .chunked(chunks, fault: faults.first { $0.scriptName == name })
    }
}

extension RawServer.Step.ChunkFault {
    /// What a script calls it.
    var scriptName: String {
        switch self {
        case .sizeNotHex: "size-not-hex"
        case .sizeTooLarge: "size-too-large"
        case .sizeTooSmall: "size-too-small"
        case .missingLineEnd: "missing-line-end"
        case .missingLastChunk: "missing-last-chunk"
        }
    }
}
