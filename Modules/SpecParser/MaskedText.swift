/// The text of a document in which some characters stand as others that the text does not use, one for one, so that every
/// place in it stays where it was.
///
/// Yams expands aliases and refuses a document for its first duplicate key, both before anybody can set a limit or look at
/// the rest. Where the `*` of an alias is masked, Yams reads plain text, and whoever knows the limit follows the alias;
/// where the first letter of a key is masked, the key is no duplicate. Masked as well: the line separators of YAML 1.1,
/// which YAML 1.2 and every editor count as ordinary characters, and control characters, which would end the reading.
struct MaskedText {
    let text: String
    private let originals: [Unicode.Scalar: Unicode.Scalar]

    /// - Parameters:
    ///   - oddities: where characters stand that must be masked, those that are the same by the same mask.
    ///   - unique: where characters stand that get a mask each.
    /// - Returns: `nil` where the text uses so many characters of the private plane that none is left.
    init?(_ bytes: [UInt8], _ range: Range<Int>, oddities: ArraySlice<Int>, unique: [Int]) {
        guard !oddities.isEmpty || !unique.isEmpty else {
            self.text = String(decoding: bytes[range], as: UTF8.self)
            self.originals = [:]
            return
        }
        var used: Set<Unicode.Scalar> = []
        for spot in oddities where bytes[spot] == 0xF4 {
            used.insert(bytes.scalar(at: spot))
        }
        var supply = (0x10_F000...0x10_FFFD).lazy.compactMap(Unicode.Scalar.init).filter { !used.contains($0) }.makeIterator()
        let unique = Set(unique)
        var originals: [Unicode.Scalar: Unicode.Scalar] = [:]
        var masks: [Unicode.Scalar: Unicode.Scalar] = [:]
        var text = ""
        var copied = range.lowerBound
        for spot in (oddities.filter { bytes[$0] != 0xF4 && !unique.contains($0) } + unique).sorted() {
            let scalar = bytes.scalar(at: spot)
            let known = unique.contains(spot) ? nil : masks[scalar]
            guard let mask = known ?? supply.next() else { return nil }
            originals[mask] = scalar
            if !unique.contains(spot) {
                masks[scalar] = mask
            }
            text += String(decoding: bytes[copied..<spot], as: UTF8.self)
            text.unicodeScalars.append(mask)
            copied = spot + UTF8.width(scalar)
        }
        text += String(decoding: bytes[copied..<range.upperBound], as: UTF8.self)
        self.text = text
        self.originals = originals
    }

    /// Gives a piece of the text its own characters back.
    func restore(_ piece: String) -> String {
        guard !originals.isEmpty, piece.utf8.contains(0xF4) else { return piece }
        var restored = ""
        for scalar in piece.unicodeScalars {
            restored.unicodeScalars.append(originals[scalar] ?? scalar)
        }
        return restored
    }
}

extension [UInt8] {
    /// The Unicode scalar that begins there. The bytes are UTF-8.
    func scalar(at offset: Int) -> Unicode.Scalar {
        let end = Swift.min(offset + 4, count)
        return String(decoding: self[offset..<end], as: UTF8.self).unicodeScalars.first ?? " "
    }
}
