/// Something that should hold for every input does not hold for one.
public struct BrokenInvariant: Error, CustomStringConvertible {
    public let description: String

    /// - Parameter statement: what should hold.
    init(_ statement: String) {
        description = "this does not hold: \(statement)"
    }
}

/// - Throws: ``BrokenInvariant`` where it does not hold.
func check(_ holds: Bool, _ statement: @autoclosure () -> String) throws(BrokenInvariant) {
    guard holds else { throw BrokenInvariant(statement()) }
}

/// - Throws: ``BrokenInvariant`` where a terminal or a log could be misled by the text.
func checkHoldsNoControls(_ text: String, _ what: String) throws(BrokenInvariant) {
    let control = text.unicodeScalars.first { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }
    try check(control == nil, "\(what) holds no control character: \(text.debugDescription)")
}
