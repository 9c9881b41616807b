// The loops over the vocabulary, sixteen tokens at a time, and the only raw loads and stores.

extension Row {
    /// Sixteen elements from an index; those past the end read as `padding`.
    @inline(__always)
    func lanes(at index: Int, padding: Float) -> Lanes {
        if index &+ Lanes.scalarCount <= count {
            return UnsafeRawPointer(baseAddress.unsafelyUnwrapped + index)
                .loadUnaligned(as: Lanes.self)
        }
        var lanes = Lanes(repeating: padding)
        for lane in 0..<(count - index) { lanes[lane] = self[index + lane] }
        return lanes
    }

    /// Folds the row, sixteen elements at a time; the last ones are padded.
    @inline(__always)
    func forEachLanes(padding: Float, _ body: (Int, Lanes) -> Void) {
        var index = 0
        while index < count {
            body(index, lanes(at: index, padding: padding))
            index &+= Lanes.scalarCount
        }
    }
}

extension MutableRow {
    /// Writes sixteen elements at an index; those past the end are dropped.
    @inline(__always)
    func store(_ lanes: Lanes, at index: Int) {
        if index &+ Lanes.scalarCount <= count {
            UnsafeMutableRawPointer(baseAddress.unsafelyUnwrapped + index)
                .storeBytes(of: lanes, as: Lanes.self)
            return
        }
        for lane in 0..<(count - index) { self[index + lane] = lanes[lane] }
    }
}

extension SIMD16<Float> {
    /// The larger of each pair of lanes.
    @inline(__always)
    func maximum(_ other: Lanes) -> Lanes { replacing(with: other, where: self .< other) }

    /// The largest lane; in three steps of halves, because the compiler makes a loop of a reduction.
    @inline(__always)
    var largest: Float {
        let a = lowHalf.replacing(with: highHalf, where: lowHalf .< highHalf)
        let b = a.lowHalf.replacing(with: a.highHalf, where: a.lowHalf .< a.highHalf)
        let c = b.lowHalf.replacing(with: b.highHalf, where: b.lowHalf .< b.highHalf)
        return Swift.max(c[0], c[1])
    }

    /// The sum of all lanes in double precision.
    @inline(__always)
    var preciseSum: Double {
        var sum = 0.0
        for lane in 0..<Self.scalarCount { sum += Double(self[lane]) }
        return sum
    }
}
