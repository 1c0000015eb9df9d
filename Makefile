# Every target is one verb of course.py; without make (Windows): py course.py VERB
PYTHON ?= python3

.PHONY: lab test build bench student book slides syllabus clean

lab:      ; @$(PYTHON) course.py lab
test:     ; @$(PYTHON) course.py test
build:    ; @$(PYTHON) course.py build
bench:    ; @$(PYTHON) course.py bench
student:  ; @$(PYTHON) course.py student
book:     ; @$(PYTHON) course.py book
slides:   ; @$(PYTHON) course.py slides
syllabus: ; @$(PYTHON) course.py syllabus
clean:    ; @$(PYTHON) course.py clean
