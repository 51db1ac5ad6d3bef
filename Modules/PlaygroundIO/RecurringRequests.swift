internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1
internal import TransportCore

/// Tells which requests of a connection say the same as an earlier one but for their target and the length of their body, so that
/// they need not be decoded again.
///
/// HTTP is read by a decoder that is not part of this: it is handed everything that is new. A request is remembered when the
/// decoder has made of it exactly what was expected, and one that differs from it in any other byte is new. Where what the
/// decoder does cannot be foreseen, as with chunks, it is handed everything from there on.
struct RecurringRequests {
    /// What the next bytes are.
    enum Step {
        /// Something new: the decoder is to have them, and ``RecurringRequests/decoded(_:)`` is to be called then.
        case decode(ByteBuffer)
        /// The head of a request whose body has so many bytes.
        case head(RequestHead, target: String, length: Int)
        case body(ByteBuffer)
        case end
    }

    /// What the decoder has made of some bytes.
    struct Decoded {
        /// How many heads.
        var heads = 0
        /// The last of them.
        var last: HTTPRequestHead?
        /// How many ends of requests.
        var ends = 0
    }

    private enum State {
        /// The next byte begins a request, as the decoder sees it too. Next: body, decodingHead.
        case between
        /// So many bytes of the body of a known request are to come. Next: between.
        case body(Int)
        /// So many bytes of the empty line that ends a head have been handed to the decoder. Next: decodingBody, between, decoding.
        case decodingHead(Int)
        /// The decoder has so many bytes of a body to get. Next: between, decoding.
        case decodingBody(Int)
        /// The decoder has everything from here on. Final.
        case decoding
    }

    /// What requests have in common.
    private struct Known {
        let head: RequestHead
        /// Method and the space behind it.
        let method: [UInt8]
        /// What stands behind the target.
        var rest = RecurringHead()
        let length: Int
    }

    private static let lineEnds: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A]

    /// The longest head that is taken for a known one; the decoder says what is too long.
    private let headLimit: Int
    private var state = State.between
    private var known: Known?
    /// The head that the decoder has just got, where it had come in one piece.
    private var fresh: ByteBuffer?

    init(headLimit: Int) {
        self.headLimit = headLimit
    }

    /// Takes the next bytes that belong together out of `input`; `nil` where more have to come first.
    mutating func next(_ input: inout ByteBuffer) -> Step? {
        if case .body(0) = state {
            state = .between
            return .end
        }
        guard input.readableBytes > 0 else { return nil }
        switch state {
        case .between:
            return match(&input) ?? head(&input, after: 0, isWhole: true)
        case .body(let missing):
            return part(&input, of: missing, then: State.body).map(Step.body)
        case .decodingHead(let matched):
            return head(&input, after: matched, isWhole: false)
        case .decodingBody(let missing):
            return part(&input, of: missing, then: State.decodingBody).map(Step.decode)
        case .decoding:
            return part(&input, of: input.readableBytes) { _ in .decoding }.map(Step.decode)
        }
    }

    /// The decoder has got what the last step said.
    mutating func decoded(_ decoded: Decoded) {
        let (heads, ends) = (decoded.heads, decoded.ends)
        switch state {
        case .decodingHead(Self.lineEnds.count) where heads == 1:
            guard let last = decoded.last, let head = RequestHead(last), let length = Self.length(last, head), ends == (length == 0 ? 1 : 0)
            else {
                return state = .decoding
            }
            remember(head, length)
            state = length == 0 ? .between : .decodingBody(length)
        case .decodingHead(let matched) where matched < Self.lineEnds.count && heads == 0 && ends == 0:
            break
        case .decodingBody(0) where heads == 0 && ends == 1:
            state = .between
        case .decodingBody(let missing) where missing > 0 && heads == 0 && ends == 0:
            break
        case .between, .body, .decodingHead, .decodingBody, .decoding:
            state = .decoding
        }
        fresh = nil
    }

    private mutating func part(_ input: inout ByteBuffer, of missing: Int, then next: (Int) -> State) -> ByteBuffer? {
        let count = min(missing, input.readableBytes)
        state = next(missing - count)
        return input.readSlice(length: count)
    }

    /// What is to be decoded up to the end of a head.
    private mutating func head(_ input: inout ByteBuffer, after matched: Int, isWhole: Bool) -> Step? {
        let (count, matched) = input.withUnsafeReadableBytes { bytes in
            var matched = matched
            for (index, byte) in bytes.enumerated() {
                matched = byte == Self.lineEnds[matched] ? matched + 1 : byte == Self.lineEnds[0] ? 1 : 0
                if matched == Self.lineEnds.count { return (index + 1, matched) }
            }
            return (bytes.count, matched)
        }
        state = .decodingHead(matched)
        let part = input.readSlice(length: count)
        fresh = isWhole && matched == Self.lineEnds.count ? part : nil
        return part.map(Step.decode)
    }

    // MARK: - What is known

    /// How long the body is; `nil` where that is not certain, and where the head says more than holds for this request alone.
    private static func length(_ head: HTTPRequestHead, _ meaning: RequestHead) -> Int? {
        guard !meaning.isLast, !meaning.expectsContinue, meaning.method != .connect else { return nil }
        var length: Int?
        for (name, value) in head.headers {
            switch name.lowercased() {
            case "content-length":
                guard length == nil, let number = Int(value), number >= 0 else { return nil }
                length = number
            case "connection" where value.lowercased() != "keep-alive":
                return nil
            case "transfer-encoding", "proxy-connection", "expect":
                return nil
            default:
                break
            }
        }
        return length ?? 0
    }

    private mutating func remember(_ head: RequestHead, _ length: Int) {
        known = nil
        guard let fresh else { return }
        fresh.withUnsafeReadableBytes { bytes in
            guard let (target, rest) = Self.firstLine(bytes), bytes.count - rest <= RecurringHead.maxBytes else { return }
            known = Known(head: head, method: Array(bytes[..<target]), length: length)
            known?.rest.remember(UnsafeRawBufferPointer(rebasing: bytes[rest...]), length: length)
        }
    }

    /// The head of a known request, where one comes next.
    private mutating func match(_ input: inout ByteBuffer) -> Step? {
        guard let known else { return nil }
        let found = input.withUnsafeReadableBytes { bytes -> (count: Int, length: Int, target: String)? in
            guard bytes.count > known.method.count, bytes.starts(with: known.method),
                let end = Self.targetEnd(bytes, from: known.method.count),
                let rest = known.rest.match(UnsafeRawBufferPointer(rebasing: bytes[end...])), end + rest.count <= headLimit
            else { return nil }
            let target = UnsafeRawBufferPointer(rebasing: bytes[known.method.count..<end])
            return (end + rest.count, rest.length ?? known.length, String(decoding: target, as: UTF8.self))
        }
        guard let found else { return nil }
        input.moveReaderIndex(forwardBy: found.count)
        state = .body(found.length)
        return .head(known.head, target: found.target, length: found.length)
    }

    /// Where target and the rest of a head begin.
    private static func firstLine(_ bytes: UnsafeRawBufferPointer) -> (target: Int, rest: Int)? {
        guard let space = bytes.firstIndex(of: 0x20), let end = targetEnd(bytes, from: space + 1) else { return nil }
        return (space + 1, end)
    }

    /// Where a path ends that every decoder takes as it is (RFC 3986, sections 3.3 and 3.4); `nil` for any other target.
    private static func targetEnd(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard start < bytes.count, bytes[start] == UInt8(ascii: "/") else { return nil }
        for index in start..<bytes.count {
            switch bytes[index] {
            case UInt8(ascii: " "): return index
            case UInt8(ascii: "#"): return nil
            case 0x21...0x7E: continue
            default: return nil
            }
        }
        return nil
    }
}
