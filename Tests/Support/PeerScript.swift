/// What a ``RawServer`` does, as a text: a step a line. `Documentation/MisbehavingPeer.md` has the grammar.
public struct PeerScript: Sendable, Equatable {
    /// The steps of the first connection and so on. All further connections follow the last ones.
    public private(set) var connections: [[RawServer.Step]]

    /// Reads a script.
    /// - Parameter file: what errors call the text.
    /// - Throws: ``PeerScriptError`` at the first thing that is not understood.
    public init(parsing text: String, file: String) throws(PeerScriptError) {
        var connections: [[RawServer.Step]] = []
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, content) in lines.enumerated() {
            var line = try PeerScriptLine(content, file: file, number: index + 1)
            if line.isEmpty { continue }
            if line.takes("connection") {
                try line.end()
                connections.append([])
                continue
            }
            let step = try line.step()
            try line.end()
            if connections.isEmpty {
                connections.append([])
            }
            connections[connections.count - 1].append(step)
        }
        guard !connections.isEmpty else {
            throw PeerScriptError(
                file: file,
                line: 1,
                column: 1,
                message: "the script has no step; write 'connection' alone for a peer that stays silent"
            )
        }
        self.connections = connections
    }
}

/// What is wrong with a script, and where. Lines and columns count from 1.
public struct PeerScriptError: Error, Equatable, CustomStringConvertible {
    public let file: String
    public let line: Int
    public let column: Int
    public let message: String

    public var description: String { "\(file):\(line):\(column): error: \(message)" }
}
