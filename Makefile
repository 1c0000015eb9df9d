# Every target is one verb of course.py; without make (Windows): py course.py VERB
PYTHON ?= python3

.PHONY: lab test build bench student pages syllabus clean

lab:      ; @$(PYTHON) course.py lab
test:     ; @$(PYTHON) course.py test
build:    ; @$(PYTHON) course.py build
bench:    ; @$(PYTHON) course.py bench
student:  ; @$(PYTHON) course.py student
pages:    ; @$(PYTHON) course.py pages
syllabus: ; @$(PYTHON) course.py syllabus
clean:    ; @$(PYTHON) course.py clean
