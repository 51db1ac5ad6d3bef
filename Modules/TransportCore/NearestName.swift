/// Finds the word that somebody probably meant.
public enum NearestName {
    /// Longer words, in characters, are nobody's slip of the fingers.
    public static let longest = 64

    /// The candidate that is closest to `word`, or `nil` where none is close enough to be a slip of the fingers:
    /// at most a third of the letters differ, or one of the two begins with the other.
    ///
    /// Case, `_` and `-` do not count. Among equals the first one wins.
    public static func of(_ word: String, among candidates: some Sequence<String>) -> String? {
        let folded = fold(word)
        guard !folded.isEmpty, folded.count <= longest else { return nil }
        var best: (name: String, distance: Int)?
        for candidate in candidates {
            let other = fold(candidate)
            let shared = min(folded.count, other.count)
            let isPrefix = shared >= 3 && folded.prefix(shared).elementsEqual(other.prefix(shared))
            let distance = isPrefix ? min(1, max(folded.count, other.count) - shared) : distance(folded, other)
            guard isPrefix || distance * 3 <= max(folded.count, other.count) else { continue }
            if best.map({ distance < $0.distance }) ?? true {
                best = (candidate, distance)
            }
        }
        return best?.name
    }

    private static func fold(_ word: String) -> [Character] {
        word.lowercased().filter { $0 != "_" && $0 != "-" }
    }

    /// Insertions, removals, replacements and swaps of neighbours that lead from one word to the other.
    private static func distance(_ left: [Character], _ right: [Character]) -> Int {
        var beforePrevious: [Int] = []
        var previous = Array(0...right.count)
        for i in left.indices {
            var current = [i + 1]
            current.reserveCapacity(right.count + 1)
            for j in right.indices {
                let replaced = previous[j] + (left[i] == right[j] ? 0 : 1)
                var least = min(replaced, previous[j + 1] + 1, current[j] + 1)
                if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                    least = min(least, beforePrevious[j - 1] + 1)
                }
                current.append(least)
            }
            (beforePrevious, previous) = (previous, current)
        }
        return previous[right.count]
    }
}
