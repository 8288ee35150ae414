"""Bad input of the command line: exit code 2, one line on standard error, nothing on standard output, no file.

One command a line, and after ``||`` a word of the answer. STORE is a scan of sin2_theta_w and r_n_ge, TABLE a file that
is no scan, FOLDER an empty folder. Every command is refused before any work: all of them together take seconds.
"""

import shlex

import pytest

import cevnsjax as cj

TABLE = r"""
fti csre-cs || No such command
-x || No such option
--versoin || No such option
measurements csre-cs || unexpected extra argument
measurements --jsn || No such option
models nsi || unexpected extra argument
models --interaction nsi || No such option
parameters no-such-measurement || unknown experiment
parameters csre-cs --couplings 2021 || unknown couplings
parameters csre-cs --couplings || requires an argument
parameters csre-cs --interaction nis || did you mean 'nsi'
parameters csre-cs --interaction light-vector:B-M || unknown charges
parameters coherent-csi-2021 --form-factor hlm || did you mean 'helm'
parameters csre-cs --form-factor helm || no form factor
parameters csre-cs csre-cs || more than once
parameters csre-cs --free r_n_cs || No such option
parameters "" || unknown experiment
cite no-such-measurement || unknown experiment
cite csre-cs: || csre-cs
cite nothere.toml || nothere.toml
cite --couplings 2022 || No such option
predict || Missing argument
predict coherent-csi-202 || did you mean 'coherent-csi-2021'
predict coherent-csi-2021: || coherent-csi-2021
predict coherent-csi-2021:shpae || did you mean 'shape'
predict coherent-csi-2021:flat:shape || unknown measurement
predict :shape || unknown experiment
predict COHERENT-CSI-2021 || unknown experiment
predict csre-cs csre-cs || more than once
predict csre-cs --set || requires an argument
predict csre-cs --set r_n_cs || expected NAME=VALUE
predict csre-cs --set r_n_cs= || expected NAME=VALUE
predict csre-cs --set =5 || expected NAME=VALUE
predict csre-cs --set = || expected NAME=VALUE
predict csre-cs --set "" || --set
predict csre-cs --set , || --set
predict csre-cs --set r_n_cs=5, || --set
predict csre-cs --set r_n_cs=five || expected a number
predict csre-cs --set r_n_cs=5_0 || expected a number
predict csre-cs --set r_n_cs=٥ || expected a number
predict csre-cs --set r_n_cs=５ || expected a number
predict csre-cs --set r_n_cs=0x5 || expected a number
predict csre-cs --set r_n_cs=5fm || expected a number
predict csre-cs --set r_n_cs==5 || expected a number
predict csre-cs --set "r_n_cs=5 6" || expected a number
predict csre-cs --set r_n_cs=1e || expected a number
predict csre-cs --set r_n_cs=--5 || expected a number
predict csre-cs --set r_n_cs=nan || finite number
predict csre-cs --set r_n_cs=-inf || finite number
predict csre-cs --set r_n_cs=1e999 || finite number
predict csre-cs --set r_n_cs=1 || from 2.2 to 12
predict csre-cs --set r_n_cs=-5 || from 2.2 to 12
predict csre-cs --set r_n_cs=5,r_n_cs=5 || given twice
predict csre-cs --set r_n_cs=5 --set r_n_cs=6 || given twice
predict csre-cs --set r_n_ca=5 || unknown parameter 'r_n_ca'
predict csre-cs --set R_N_CS=5 || unknown parameter
predict csre-cs --set r_n_cs;5 || expected NAME=VALUE
predict coherent-csi-2021 --set g_zp=1e-4 || light-vector
predict coherent-csi-2021 --set m_phi=10 || light-scalar
predict coherent-csi-2021 --set eps_ee_u=0.1 || nsi
predict coherent-csi-2021 --set r_n_ar=3 || coherent-lar-2020
predict coherent-csi-2021 --interaction light-vector --set g_zp=1e-4 || m_zp
predict coherent-csi-2021 --interaction light-scalar --set g_phi=1e-4 || m_phi
predict coherent-csi-2021 --interaction light-vector --set g_zp=11,m_zp=5 || from 0 to 10
predict coherent-csi-2021 --interaction light-vector --set g_zp=1,m_zp=0 || from 0.001
predict coherent-csi-2021 --couplings 2022.0 || unknown couplings
predict coherent-csi-2021 --couplings "" || unknown couplings
predict coherent-csi-2021 --form-factor || requires an argument
predict coherent-csi-2021 --form-factor Helm || unknown form factor
predict coherent-csi-2021 --form-factor "" || form factor
predict apv-cs --form-factor unity || no form factor
predict coherent-csi-2021 --form-factor helm --form-factor unity || expected one name for all other nuclides
predict coherent-csi-2021 --form-factor 133Cs:n=hel || did you mean 'helm'
predict coherent-csi-2021 --form-factor 133Cs:n=none.toml || none.toml: expected a readable file
predict coherent-csi-2021 --form-factor 133Cs:n= || expected KEY=NAME or KEY=FILE
predict coherent-csi-2021 --form-factor =helm || expected a nuclide or an element
predict coherent-csi-2021 --form-factor 133Cs:x=helm || expected a nuclide or an element
predict coherent-csi-2021 --form-factor 134Cs=helm || did you mean '133Cs'
predict coherent-csi-2021 --form-factor Ar=helm || expected a nuclide or element of the target
predict coherent-csi-2021 --form-factor Cs=helm,Cs=unity || found it twice
fit prex-ii --free r_n_pb --form-factor 208Pb:n=helm || there is no form factor to choose in prex-ii
predict coherent-lar-2020 --electrons || no response to recoils of electrons
predict apv-cs --electrons || electrons
predict csre-cs prex-ii --electrons || electrons
predict lz-er --electrons || electrons
predict csre-cs --plot x.docx || x.docx
predict csre-cs --plot x || x
predict csre-cs --plot nofolder/x.png || nofolder
predict csre-cs --plot FOLDER || png
predict csre-cs --plot "" || png
predict csre-cs --cl 95 || No such option
predict csre-cs --free r_n_cs || No such option
predict nothere.toml || nothere.toml
predict nofolder/nothere.toml || nothere.toml
predict coherent-csi-2021 --interaction "" || unknown interaction
predict coherent-csi-2021 --interaction nsi: || expected a variant
predict coherent-csi-2021 --interaction nsi:x || no variants
predict coherent-csi-2021 --interaction B-L || light-vector:B-L
predict coherent-csi-2021 --interaction light-vector: || expected a variant
predict coherent-csi-2021 --interaction light-vector:B-L: || expected a variant
predict coherent-csi-2021 --interaction light-vector:b-l || did you mean 'B-L'
predict coherent-csi-2021 --interaction light-vector:u=1/3 || no neutrino has a charge
predict coherent-csi-2021 --interaction light-vector:u=1/0,e=1 || expected a number or a fraction
predict coherent-csi-2021 --interaction light-vector:u=1,u=2,e=1 || twice
predict coherent-csi-2021 --interaction light-vector:s=1,e=1 || charges
predict coherent-csi-2021 --interaction light-vector:u=,e=1 || expected a number or a fraction
predict coherent-csi-2021 --interaction light-vector:e=1,mu=1 || loop of leptons
predict coherent-csi-2021 --interaction light-vector:B-L:tree || unknown variant
predict coherent-csi-2021 --interaction light-vector:u=1e9999,e=1 || expected a number or a fraction
predict coherent-csi-2021 --interaction light-scalar:18 || unknown charges
predict coherent-csi-2021 --interaction tensor:coherant || did you mean 'coherent'
predict coherent-csi-2021 --interaction charge-radius:totl || did you mean 'total'
predict coherent-csi-2021 --interaction millicharge:x || unknown form
predict coherent-csi-2021 --interaction standard-model:recoil || did you mean 'recoil-term'
predict coherent-csi-2021 --interaction standard-model:recoil-term,,axial || unknown option
predict coherent-csi-2021 --interaction nsi --interaction nsi || count twice
predict coherent-csi-2021 --interaction light-vector --interaction light-vector:B-L || count twice
predict coherent-csi-2021 --interaction standard-model --interaction standard-model || more than once
predict coherent-csi-2021 --interaction light-scalar --interaction magnetic-moment || cannot be combined
predict coherent-csi-2021 --interaction nsi,light-vector || unknown interaction
fit || Missing argument
fit coherent-csi-2021 coherent-csi-2017 || count twice
fit csre-cs csre-cs || more than once
fit apv-cs:dzuba2012 apv-cs:sahoo2021 || more than once
fit cryocsi-i --free sin2_theta_w || forecast
fit germanium-reactor || forecast
fit nothere.toml --free sin2_theta_w || nothere.toml
fit light-vector --free g_zp || unknown experiment
fit csre || did you mean 'csre-cs'
fit csre-cs, --free r_n_cs || unknown experiment
fit csre-cs,apv-cs --free r_n_cs || unknown experiment
fit csre-cs --free || requires an argument
fit csre-cs --free ,,, || --free
fit csre-cs --free "" || --free
fit csre-cs --free " " || --free
fit csre-cs --free r_n_cs, || --free
fit csre-cs --free r_n_cs,r_n_cs || twice
fit csre-cs --free r_n_cs --free r_n_cs || twice
fit csre-cs --free r_n_c || did you mean 'r_n_cs'
fit csre-cs --free "r_n_cs r_n_i" || unknown parameter
fit csre-cs --free r_n_cs=5 || unknown parameter
fit csre-cs --free 5 || unknown parameter
fit csre-cs --free g_zp || light-vector
fit csre-cs --free charge_radius_ee || charge-radius
fit csre-cs --free magnetic_moment_mu || magnetic-moment
fit csre-cs --free q_w_sm_cs || apv-cs
fit coherent-csi-2021 --interaction light-vector --free g_zp || m_zp
fit coherent-csi-2021 --interaction light-vector --free eps_ee_u || nsi
fit csre-cs --free r_n_cs --tie r_n_i || FOLLOWER=LEADER
fit csre-cs --free r_n_cs --tie "" || --tie
fit csre-cs --free r_n_cs --tie r_n_cs= || FOLLOWER=LEADER
fit csre-cs --free r_n_cs --tie r_n_cs=r_n_cs || to itself
fit csre-cs --free r_n_cs --tie r_n_i=r_n_cs || unknown parameter 'r_n_i'
fit coherent-csi-2021 --free r_n_cs --tie r_n_cs=r_n_i || both free and tied
fit coherent-csi-2021 --free r_n_cs --tie r_n_i=r_n_cs,r_n_i=r_n_cs || given twice
fit coherent-csi-2021 --free sin2_theta_w --tie r_n_i=r_n_cs,r_n_cs=r_n_i || circle
fit coherent-csi-2021 --free sin2_theta_w --tie r_n_i=sin2_theta_w || units differ
fit coherent-csi-2021 --free sin2_theta_w --tie r_n_i=5.0 || unknown parameter '5.0'
fit coherent-csi-2021 --free sin2_theta_w --tie r_n_i=r_n_cs --set r_n_i=5 || both set and tied
fit coherent-csi-2021 --free sin2_theta_w --tie r_n_i=r_n_cs=r_n_xe || unknown parameter
fit csre-cs --free r_n_cs --require "" || --require
fit csre-cs --free r_n_cs --require r_n_cs || expected a requirement
fit csre-cs --free r_n_cs --require "r_n_cs<=" || expected a requirement
fit csre-cs --free r_n_cs --require "<=5" || expected a requirement
fit coherent-csi-2021 --constrain r_n_cs-r_n_i=0,1 --constrain r_n_i-r_n_cs=0,1 || the same combination
fit csre-cs --constrain r_n_cs=5,1 --constrain 2*r_n_cs=10,2 || the same combination
fit csre-cs --free r_n_cs --require "sin2_theta_w<=r_n_cs" || in different units
fit csre-cs --free r_n_cs --require "r_n_cs<5" || expected a requirement
fit csre-cs --free r_n_cs --require "r_n_cs=5" || expected a requirement
fit csre-cs --free r_n_cs --require "r_n_cs<=nan" || finite number
fit csre-cs --free r_n_cs --require "NaN<=r_n_cs" || finite number
fit csre-cs --free r_n_cs --require "r_n_cs<=inf" || finite number
fit csre-cs --free r_n_cs --require "-Infinity<=r_n_cs" || finite number
fit csre-cs --free r_n_cs --require "r_n_cs<=1e999" || finite number
fit csre-cs --free r_n_cs --require "r_n_cs<=5_0" || expected a number
fit csre-cs --free r_n_cs --require "r_n_cs<=٥" || expected a number
fit csre-cs --free r_n_cs --require "r_n_cs<=5 fm" || expected a number
fit csre-cs --free r_n_cs --require "r_n_cs<=1" || no room
fit csre-cs --free r_n_cs --require "20<=r_n_cs" || no room
fit csre-cs --free r_n_cs --require "r_n_cs<=r_n_cs" || with itself
fit csre-cs --free r_n_cs --require "r_n_cs<=r_n_i" || unknown parameter 'r_n_i'
fit csre-cs --free r_n_cs --require "4<=3" || no parameter
fit csre-cs --free r_n_cs --require "4<=r_n_cs<=6" || unknown parameter
fit coherent-csi-2021 --free r_n_cs,r_n_i --require "r_n_cs<=r_n_i,r_n_i<=r_n_cs" || circle
fit csre-cs --free r_n_cs --constrain r_n_cs || NAME=CENTRE,WIDTH
fit csre-cs --free r_n_cs --constrain "" || NAME=CENTRE,WIDTH
fit csre-cs --free r_n_cs --constrain r_n_cs=5 || NAME=CENTRE,WIDTH
fit csre-cs --free r_n_cs --constrain r_n_cs=5,0.1,3 || NAME=CENTRE,WIDTH
fit csre-cs --free r_n_cs --constrain r_n_cs=5, || expected a number
fit csre-cs --free r_n_cs --constrain r_n_cs=5±0.1 || NAME=CENTRE,WIDTH
fit csre-cs --free r_n_cs --constrain r_n_cs=5,0 || positive width
fit csre-cs --free r_n_cs --constrain r_n_cs=5,-0.1 || positive width
fit csre-cs --free r_n_cs --constrain r_n_cs=5,nan || finite number
fit csre-cs --free r_n_cs --constrain r_n_cs=inf,1 || finite number
fit csre-cs --free r_n_cs --constrain r_n_cs=5,1e-200 || expected a width
fit csre-cs --free r_n_cs --constrain r_n_cs=5,1e-13 || expected a width
fit csre-cs --free r_n_cs --constrain r_n_cs=50,0.1 || within 2.2 to 12
fit csre-cs --free r_n_cs --constrain r_n_cs=-5,0.1 || within 2.2 to 12
fit csre-cs --free r_n_cs --constrain r_n_cs=1e300,1 || within 2.2 to 12
fit csre-cs --free r_n_cs --constrain r_n_cs=1e300,1e300 || within 2.2 to 12
fit csre-cs --free r_n_cs --constrain r_n_cs=5,0.1 --constrain r_n_cs=5,0.2 || given twice
fit csre-cs --free r_n_cs --constrain r_n_i=5,0.1 || combination
fit csre-cs --free r_n_cs --constrain "1.2.3*r_n_cs=0,1" || combination
fit csre-cs --free r_n_cs --constrain "r_n _cs=5,1" || combination
fit csre-cs --free r_n_cs --constrain "r_n_cs*2=5,1" || combination
fit csre-cs --free r_n_cs --constrain "2r_n_cs=5,1" || combination
fit csre-cs --free r_n_cs --constrain "r_n_cs/2=5,1" || combination
fit csre-cs --free r_n_cs --constrain "r_n_cs-r_n_cs=0,1" || combination
fit csre-cs --free r_n_cs --constrain "0*r_n_cs=0,1" || combination
fit csre-cs --free r_n_cs --constrain "1e999*r_n_cs=0,1" || finite number
fit csre-cs --free r_n_cs --constrain "1e308*r_n_cs-1e308*r_n_cs+1e308*r_n_cs=0,1" || finite
fit csre-cs --free r_n_cs --constrain "inf*r_n_cs=0,1" || combination
fit csre-cs --free r_n_cs --constrain "r_n_cs-sin2_theta_w=0,1" || one unit
fit coherent-csi-2021 --free r_n_cs --constrain "r_n_cs+cevns_norm=6,1" || one unit
fit coherent-csi-2021 --free r_n_cs --constrain "r_n_cs-r_n_i=50,0.1" || within -9.8 to 9.8
fit coherent-csi-2021 --free r_n_cs --constrain "2*r_n_cs-r_n_i=5,1e-30" || expected a width
fit csre-cs --free r_n_cs --correlate r_n_cs || A,B=RHO
fit csre-cs --free r_n_cs --correlate r_n_cs=0.5 || A,B=RHO
fit csre-cs --free r_n_cs --correlate a,b,c=0.5 || A,B=RHO
fit csre-cs --free r_n_cs --correlate ,b=0.5 || A,B=RHO
fit csre-cs --free r_n_cs --correlate a,b=x || expected a number
fit csre-cs --free r_n_cs --correlate a,b=nan || finite number
fit csre-cs --free r_n_cs --correlate a,b=0.1 --correlate a,b=0.5 || given twice
fit csre-cs --free r_n_cs --correlate a,b=0.1 --correlate b,a=0.5 || given twice
fit csre-cs --free r_n_cs --correlate a,b=0.1 || correlation is given for 'a'
fit csre-cs --free r_n_cs --constrain r_n_cs=5,1 --correlate r_n_cs,r_n_cs=0.1 || with itself
fit coherent-csi-2021 --free r_n_cs --constrain r_n_cs=5,1 --constrain r_n_i=5,1 --correlate r_n_cs,r_n_i=1 || between -1 and 1
fit coherent-csi-2021 --free r_n_cs --constrain r_n_cs=5,1 --constrain r_n_i=5,1 --correlate r_n_cs,r_n_i=-7 || between -1 and 1
fit csre-cs --free r_n_cs --cl 0.95 || did you mean 95?
fit csre-cs --free r_n_cs --cl 100 || between 0 and 100
fit csre-cs --free r_n_cs --cl -1 || --cl
fit csre-cs --free r_n_cs --cl 95, || --cl
fit csre-cs --free r_n_cs --cl "" || --cl
fit csre-cs --free r_n_cs --cl 2s || 5sigma
fit csre-cs --free r_n_cs --cl 95% || expected a number
fit csre-cs --free r_n_cs --cl 95,0.9 || did you mean 90?
fit csre-cs --free r_n_cs --minimiser migrad || unknown minimiser
fit csre-cs --free r_n_cs --minimiser newtn || did you mean 'newton'
fit csre-cs --free r_n_cs --minimiser "" || unknown minimiser
fit csre-cs --free r_n_cs --explain --plot x.png || --plot
fit csre-cs --free r_n_cs --explain --cl 95 || --cl
fit csre-cs --free r_n_cs --explain --minimiser optax || --minimiser
fit csre-cs --free r_n_cs --plot x.docx || x.docx
fit csre-cs --free r_n_cs --plot nofolder/x.png || nofolder
fit csre-cs --free r_n_cs --out x.txt || .json
fit csre-cs --free r_n_cs --json=yes || does not take a value
fit csre-cs --free r_n_cs --set r_n_cs=13 || from 2.2 to 12
fit csre-cs --fre r_n_cs || --free
fit apv-cs --free sin2_theta_w --electrons || electrons
fit csre-cs --free r_n_cs --form-factor helm || no form factor
forecast || Missing argument
forecast cryocsi-iii || did you mean 'cryocsi-i
forecast nothere.toml || nothere.toml
forecast cryocsi-i: || unknown experiment
forecast cryocsi-i cryocsi-i || more than once
forecast csre-cs --free r_n_cs --cl .9 || did you mean 90?
forecast csre-cs --free r_n_cs --set r_n_cs=0 || from 2.2 to 12
forecast csre-cs --free g_phi || light-scalar
forecast csre-cs --free r_n_cs --minimiser simplex || unknown minimiser
forecast csre-cs --free r_n_cs --explain || No such option
forecast csre-cs --free r_n_cs --plot x.png.gz || x.png.gz
profile || Missing argument
profile csre-cs || one or two
profile csre-cs --free r_n_cs --range r_n_cs=5:5.000000000000001 --points 100 || values that differ
sample csre-cs --free r_n_cs --plot-predictive p.png || no measurement with bins
profile coherent-csi-2021 --free sin2_theta_w,r_n_cs,r_n_i || one or two
profile csre-cs --free r_n_cs --param , || --param
profile csre-cs --param r_n_x || unknown parameter
profile csre-cs --free r_n_cs --points 1 || at least 2 points
profile csre-cs --free r_n_cs --points 0 || at least 2 points
profile csre-cs --free r_n_cs --points -3 || at least 2 points
profile csre-cs --free r_n_cs --points 1.5 || whole number
profile csre-cs --free r_n_cs --points 1e3 || whole number
profile csre-cs --free r_n_cs --points 5_0 || whole number
profile csre-cs --free r_n_cs --points ٥ || whole number
profile csre-cs --free r_n_cs --points many || whole number
profile csre-cs --free r_n_cs --points || requires an argument
profile csre-cs --free r_n_cs --points 1000000000 || at most
profile csre-cs --free r_n_cs --points 99999999999999999999 || at most
profile coherent-csi-2021 --free sin2_theta_w,r_n_cs --points 400 || at most
profile csre-cs --free r_n_cs --range 4 || expected LO:HI
profile csre-cs --free r_n_cs --range 4:x || expected a number
profile csre-cs --free r_n_cs --range 4:5:6 || expected a number
profile csre-cs --free r_n_cs --range : || expected a number
profile csre-cs --free r_n_cs --range "" || expected LO:HI
profile csre-cs --free r_n_cs --range =4:5 || --range
profile csre-cs --free r_n_cs --range 5:4 || lower to a higher
profile csre-cs --free r_n_cs --range 5:5 || lower to a higher
profile csre-cs --free r_n_cs --range nan:5 || finite number
profile csre-cs --free r_n_cs --range 1:5 || within 2.2 to 12
profile csre-cs --free r_n_cs --range r_n_i=4:5 || not profiled
profile csre-cs --free r_n_cs --range r_n_cs=4:5 --range r_n_cs=4:6 || given twice
profile csre-cs --free r_n_cs --range 4:5 --range 4:5 || at most
profile csre-cs --free r_n_cs --cl 0.6827 || did you mean 68.27?
profile csre-cs --free r_n_cs --require "r_n_cs<=4.5" --range 4:5 || within 2.2 to 4.5
scan || Missing argument
scan csre-cs || --out
scan csre-cs --out s.zarr || --grid
scan csre-cs --grid r_n_cs=4:6:5 || --out
scan csre-cs --out s.zarr --grid "" || expected a grid
scan csre-cs --out s.zarr --grid 4:6:5 || expected a grid
scan csre-cs --out s.zarr --grid =4:6:5 || expected a grid
scan csre-cs --out s.zarr --grid r_n_cs= || LO:HI:N
scan csre-cs --out s.zarr --grid r_n_cs=4:6 || LO:HI:N
scan csre-cs --out s.zarr --grid r_n_cs=4:6:5:lin || LO:HI:N
scan csre-cs --out s.zarr --grid r_n_cs=4:6:5:log:log || LO:HI:N
scan csre-cs --out s.zarr --grid r_n_cs=4::5 || LO:HI:N
scan csre-cs --out s.zarr --grid r_n_cs=a:6:5 || expected a number
scan csre-cs --out s.zarr --grid r_n_cs=4:1_0:5 || expected a number
scan csre-cs --out s.zarr --grid r_n_cs=4:inf:5 || finite number
scan csre-cs --out s.zarr --grid r_n_cs=4:6:5.0 || whole number
scan csre-cs --out s.zarr --grid r_n_cs=4:6:1 || from 2 to
scan csre-cs --out s.zarr --grid r_n_cs=4:6:-5 || from 2 to
scan csre-cs --out s.zarr --grid r_n_cs=4:6:1000000000000 || values
scan csre-cs --out s.zarr --grid r_n_cs=6:4:5 || lower to a higher
scan csre-cs --out s.zarr --grid r_n_cs=4:4:5 || lower to a higher
scan csre-cs --out s.zarr --grid r_n_cs=0:6:5:log || above 0
scan csre-cs --out s.zarr --grid r_n_cs=1:6:5 || from 2.2 to 12
scan csre-cs --out s.zarr --grid r_n_i=4:6:5 || unknown parameter 'r_n_i'
scan csre-cs --out s.zarr --grid r_n_cs=4:6:5 --grid r_n_cs=4:6:5 || two axes
scan csre-cs --out s.zarr --grid r_n_cs=4:6:5 --set r_n_cs=5 || both set and on an axis
scan csre-cs --out s.zarr --grid r_n_cs=4:6:5 --free r_n_cs || both free and on an axis
scan csre-cs --out s.zarr --grid r_n_cs=4:6:5 --chunk 0 || at least one point
scan csre-cs --out s.zarr --grid r_n_cs=4:6:5 --chunk -1 || at least one point
scan csre-cs --out s.zarr --grid r_n_cs=4:6:5 --chunk x || whole number
scan csre-cs --out s.zarr --grid r_n_cs=4:6:5 --memory 5 || 500MB
scan csre-cs --out s.zarr --grid r_n_cs=4:6:5 --memory GB || --memory
scan csre-cs --out s.zarr --grid r_n_cs=4:6:5 --memory 0MB || 500MB
scan csre-cs --out s.zarr --grid r_n_cs=4:6:5 --memory -2GB || 500MB
scan csre-cs --out s.zarr --grid r_n_cs=4:6:5 --memory 2TB || 500MB
scan csre-cs --out s.zarr --grid r_n_cs=4:6:5 --memory nanGB || finite number
scan csre-cs --out s.zarr --grid r_n_cs=4:6:5 --memory 1e-9kB || at least one point
scan csre-cs --out s.zarr --grid r_n_cs=4:6:5 --engine slurm || expected an engine
scan csre-cs --out s.zarr --grid r_n_cs=4:6:5 --engine dask: || expected an engine
scan csre-cs --out s.zarr --grid r_n_cs=4:6:5 --engine dask:host || address
scan csre-cs --out s.zarr --grid r_n_cs=4:6:5 --engine dask:tcp://h:99999 || address
scan csre-cs --out s.zarr --grid r_n_cs=4:6:5 --engine dask:nothere.json || not the file of a dask
scan csre-cs --out s.zarr --grid r_n_cs=4:6:5 --workers 2 || goes with the engine dask
scan csre-cs --out s.zarr --grid r_n_cs=4:6:5 --engine dask --workers 0 || at least one worker
scan csre-cs --out s.zarr --grid r_n_cs=4:6:5 --engine dask --workers 1000000000 || at most
scan csre-cs --out s.zarr --grid r_n_cs=4:6:5 --engine dask --workers two || whole number
scan csre-cs --out nofolder/s.zarr --grid r_n_cs=4:6:5 || nofolder
scan csre-cs --out TABLE --grid r_n_cs=4:6:5 || not a scan
scan csre-cs --out s.zarr --grid r_n_cs=4:6:5 --plot s.xyz || s.xyz
scan csre-cs --out s.zarr --grid r_n_cs=4:6:5 --cl 95 || No such option
contour || Missing argument
contour nothere.zarr || nothere.zarr
contour FOLDER || scan
contour TABLE || scan
contour csre-cs || csre-cs
contour STORE nothere.zarr || nothere.zarr
contour STORE --cl 0.9 || did you mean 90?
contour STORE --cl 0 || between 0 and 100
contour STORE --cl ninety || expected a number
contour STORE --cl , || --cl
contour STORE --cl 90,95 --plot a.png || one --cl
contour STORE --parameters 0 || 1 or 2
contour STORE --parameters 3 || 1 or 2
contour STORE --parameters two || whole number
contour STORE --param , || --param
contour STORE --param m_zp || not on an axis
contour STORE --param sin2_theta_w,sin2_theta_w || different axes
contour STORE --param sin2_theta_w,r_n_ge,g_zp || one or two axes
contour STORE --reference bset || best or grid
contour STORE --label a --label b || --label
contour STORE --out nofolder/c.csv || nofolder
contour STORE --plot c.zip || c.zip
contour STORE --free x || No such option
sample || Missing argument
sample csre-cs --free r_n_c || did you mean 'r_n_cs'
sample csre-cs --free r_n_cs --method emcee || expected a method
sample csre-cs --free r_n_cs --method NUTS || expected a method
sample csre-cs --free r_n_cs --draws 0 || at least 1 draw
sample csre-cs --free r_n_cs --draws -5 || at least 1 draw
sample csre-cs --free r_n_cs --draws 1e4 || whole number
sample csre-cs --free r_n_cs --draws 1000000000000 || at most
sample csre-cs --free r_n_cs --draws 3 --method nuts || at least one draw for each
sample csre-cs --free r_n_cs --chains 0 || at least 1 chain
sample csre-cs --free r_n_cs --chains 100000000 --method hmc || at most
sample csre-cs --free r_n_cs --chains four || whole number
sample csre-cs --free r_n_cs --method nested --chains 4 || no chains
sample csre-cs --free r_n_cs --live 50 || nested
sample csre-cs --free r_n_cs --live 50 --method hmc || nested
sample csre-cs --free r_n_cs --live 1 --method nested || live points
sample csre-cs --free r_n_cs --live 1000000000 --method nested || live points
sample csre-cs --free r_n_cs --live 1.0 --method nested || whole number
sample csre-cs --free r_n_cs --seed -1 || seed of 0 or more
sample csre-cs --free r_n_cs --seed 9223372036854775808 || seed below
sample csre-cs --free r_n_cs --seed 1.5 || whole number
sample csre-cs --free r_n_cs --seed 0x10 || whole number
sample csre-cs --free r_n_cs --resume || --out
sample csre-cs --free r_n_cs --resume --out p.nc || nothing to resume
sample csre-cs --free r_n_cs --out p.txt || .nc
sample csre-cs --free r_n_cs --out nofolder/p.nc || nofolder
sample csre-cs --free r_n_cs --plot p.abc || p.abc
sample csre-cs --free r_n_cs --plot-predictive nofolder/p.png || nofolder
sample csre-cs --free r_n_cs --plot-predictive p.abc || p.abc
sample csre-cs --free r_n_cs --cl 95 || No such option
sample csre-cs --free r_n_cs --minimiser newton || No such option
sample csre-cs --free r_n_cs --constrain r_n_cs=50,0.1 || within 2.2 to 12
toys || Missing argument
toys csre-cs --free r_n_cs --count 0 || at least one toy
toys csre-cs --free r_n_cs --count -1 || at least one toy
toys csre-cs --free r_n_cs --count 1e3 || whole number
toys csre-cs --free r_n_cs --count 1000000000000 || at most
toys csre-cs --free r_n_cs --count 99999999999999999999999999999999999999999999 || whole number
toys csre-cs --free r_n_cs --seed -1 || seed of 0 or more
toys csre-cs --free r_n_cs --seed 9223372036854775808 || seed below
toys csre-cs --free r_n_cs --seed one || whole number
toys csre-cs --test r_n_cs || NAME=VALUE
toys csre-cs --test "" || --test
toys csre-cs --test r_n_cs=x || expected a number
toys csre-cs --test r_n_cs=nan || finite number
toys csre-cs --test r_n_cs=13 || within 2.2 to 12
toys csre-cs --test r_n_cs=5,r_n_cs=5 || given twice
toys csre-cs --test r_n_i=5 || unknown parameter 'r_n_i'
toys csre-cs --test g_zp=1e-5 || light-vector
toys csre-cs --feldman-cousins r_n_cs || expected a grid
toys csre-cs --feldman-cousins r_n_cs=4:6 || LO:HI:N
toys csre-cs --feldman-cousins r_n_cs=4:6:five || whole number
toys csre-cs --feldman-cousins r_n_cs=0:6:5 || within 2.2 to 12
toys csre-cs --feldman-cousins r_n_cs=4:6:5 --feldman-cousins r_n_cs=4:6:5 || two axes
toys csre-cs --feldman-cousins r_n_cs=4:6:5 --test r_n_cs=5 || either --test or
toys csre-cs --feldman-cousins r_n_cs=4:6:5 --cl 99.9 || fewer than 5
toys csre-cs --feldman-cousins r_n_cs=4:6:5 --cl 5sigma || fewer than 5
toys csre-cs --feldman-cousins r_n_cs=4:6:5 --count 10 || fewer than 5
toys csre-cs --feldman-cousins r_n_x=4:6:5 || unknown parameter
toys csre-cs --free r_n_cs --cl 0.9 || did you mean 90?
toys csre-cs --free r_n_cs --out t.txt || .nc
toys csre-cs --free r_n_cs --out nofolder/t.nc || nofolder
toys csre-cs --free r_n_cs --out FOLDER || .nc
toys csre-cs --free r_n_cs --engine mpi || expected an engine
toys csre-cs --free r_n_cs --workers 3 || goes with the engine dask
toys csre-cs --free r_n_cs --plot t.tga || t.tga
toys csre-cs --free r_n_cs --live 50 || No such option
cross-sections csre-cs || pions and muons
cross-sections no-such || unknown experiment
cross-sections cryocsi-i || forecast
cross-sections --form-factor hlm || did you mean 'helm'
cross-sections --couplings 1999 || unknown couplings
cross-sections --interaction nis || did you mean 'nsi'
cross-sections --plot s.docx || s.docx
cross-sections --electrons || No such option
"""
COMMANDS = [line.split(" || ") for line in TABLE.strip().splitlines()]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    out = tmp_path_factory.mktemp("scan") / "scan.zarr"
    conus = cj.Likelihood([cj.measurements.conus_plus_2025()])
    conus.scan({"sin2_theta_w": "0.2:0.3:2", "r_n_ge": "3.0:5.0:2"}, out=out)
    return out


def test_there_are_three_hundred():
    assert len({line for line, _ in COMMANDS}) == len(COMMANDS) >= 300


@pytest.mark.parametrize(("line", "word"), COMMANDS, ids=[line for line, _ in COMMANDS])
def test_bad_input_is_one_line(refused, store, tmp_path, line, word):
    (tmp_path / "table.nc.txt").write_text("no scan\n")
    (tmp_path / "folder").mkdir()
    places = {"STORE": store, "TABLE": "table.nc.txt", "FOLDER": "folder"}
    arguments = [str(places.get(part, part)) for part in shlex.split(line)]
    refused(*arguments, words=[word])


HOSTILE = [
    "x" * 100_000,
    "\x1b[31mred\x1b[0m",
    "a\x00b".replace("\x00", "\x07"),
    "\u202egnp",
    "x\ny",
    "x\r\x1b]0;t\x07",
    "é" * 5000,
    "\udcff",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize(
    "form",
    [
        ("predict", "{}"),
        ("fit", "csre-cs:{}"),
        ("fit", "csre-cs", "--free", "{}"),
        ("fit", "csre-cs", "--set", "{}=5"),
        ("fit", "csre-cs", "--set", "r_n_cs={}"),
        ("fit", "csre-cs", "--tie", "{}"),
        ("fit", "csre-cs", "--require", "{}"),
        ("fit", "csre-cs", "--require", "r_n_cs<={}"),
        ("fit", "csre-cs", "--constrain", "{}=5,1"),
        ("fit", "csre-cs", "--constrain", "r_n_cs=5,{}"),
        ("fit", "csre-cs", "--correlate", "a,{}=0.5"),
        ("fit", "csre-cs", "--cl", "{}"),
        ("fit", "csre-cs", "--minimiser", "{}"),
        ("fit", "csre-cs", "--{}"),
        ("{}",),
        ("predict", "coherent-csi-2021", "--interaction", "{}"),
        ("predict", "coherent-csi-2021", "--interaction", "light-vector:{}"),
        ("predict", "coherent-csi-2021", "--interaction", "light-vector:u={},e=1"),
        ("predict", "coherent-csi-2021", "--couplings", "{}"),
        ("predict", "coherent-csi-2021", "--form-factor", "{}"),
        ("profile", "csre-cs", "--free", "r_n_cs", "--points", "{}"),
        ("profile", "csre-cs", "--free", "r_n_cs", "--range", "{}"),
        ("scan", "csre-cs", "--out", "s.zarr", "--grid", "{}"),
        ("scan", "csre-cs", "--out", "s.zarr", "--grid", "{}=1:2:3"),
        ("scan", "csre-cs", "--out", "s.zarr", "--grid", "r_n_cs=4:6:5", "--memory", "{}"),
        ("scan", "csre-cs", "--out", "s.zarr", "--grid", "r_n_cs=4:6:5", "--engine", "{}"),
        ("sample", "csre-cs", "--free", "r_n_cs", "--method", "{}"),
        ("contour", "{}"),
    ],
    ids=lambda form: " ".join(form),
)
def test_hostile_text_is_cut_and_escaped(refused, form, text):
    err = refused(*(part.format(text) for part in form)).removesuffix("\n")
    assert err.isprintable()
    assert max(map(len, err.split())) <= 260


def test_labels_with_escapes_reach_no_terminal(command, store):
    code, out, _ = command("contour", store, "--label", "\x1b[31mred\x1b]0;title\x07")
    assert code == 0
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "\\x1b[31mred" in out
